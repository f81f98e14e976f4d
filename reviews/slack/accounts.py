"""Whose an account is: the forms that its card's buttons open, and what is done when they are sent."""

from slack_bolt import App

from governance.errors import Invalid
from governance.models import Agent
from reviews import deciding, naming
from reviews.deciding import Said
from reviews.evidence import ItemView
from reviews.models import Verdict
from reviews.slack import blocks, buttons, windows
from reviews.slack.blocks import Block
from reviews.slack.known import Known, decide

CLAIM, DISCLAIM = "claim", "disclaim"
AGENT, OTHER, REASON = "agent", "other", "reason"
ANOTHER = "another"
NAME_AT_MOST, REASON_AT_MOST = 200, 1000


def register(app: App) -> None:
    """Listen for the buttons and the forms."""
    app.action(buttons.CLAIM)(windows.opening(claim_form))
    app.action(buttons.DISCLAIM)(windows.opening(disclaim_form))
    app.view(CLAIM)(windows.answering(claim, field=OTHER))
    app.view(DISCLAIM)(windows.answering(disclaim, field=REASON))


def claim_form(known: Known) -> Block:
    """Ask which agent uses it."""
    return belongs(known.seen()[1])


def disclaim_form(known: Known) -> Block:
    """Ask who or what uses it instead. Raises Invalid where that is said behind a log-in alone."""
    item = known.seen()[1]
    if item.keeping.behind_login:
        raise Invalid(deciding.SAID_IN_THE_BROWSER)
    return no_agents(item)


def belongs(item: ItemView) -> Block:
    """Which agent uses an account: one that suggests itself, with its basis, or another one; none is chosen."""
    said = (
        f"From then on, who answers for the agent is asked about what {item.title} holds, and its use counts as the "
        "agent's."
    )
    options = [
        blocks.option(each.name, str(each.agent), description=f"{each.confidence} %: {each.why}")
        for each in item.could_be
    ]
    another = blocks.option("Another agent", ANOTHER, description="By its name, below")
    which = [blocks.entry("Which agent uses it?", blocks.radios(AGENT, [*options, another]))] if options else []
    return blocks.modal(
        CLAIM,
        title="It belongs to…",
        submit="Claim it",
        blocks=[
            blocks.section(blocks.words(said, limit=800)),
            *([blocks.context(*(blocks.words(text, limit=500) for text in told))] if (told := cut(item)) else []),
            *which,
            blocks.entry(
                "Another agent" if options else "Which agent uses it?",
                blocks.typed(OTHER, most=NAME_AT_MOST),
                hint="Its name, as the list of agents has it.",
                optional=bool(options),
            ),
        ],
    )


def cut(item: ItemView) -> list[str]:
    """In full, the suggestions whose name or basis has no room in its option."""
    told = [(each.name, f"{each.confidence} %: {each.why}") for each in item.could_be]
    return [f"{name}, {why}" for name, why in told if max(len(name), len(why)) > blocks.OPTION]


def no_agents(item: ItemView) -> Block:
    """Who or what uses an account that no agent does."""
    said = (
        f"{item.title} is not asked about as an agent's any more, until somebody takes that back. What it holds still "
        "is, when its time is over."
    )
    return blocks.modal(
        DISCLAIM,
        title="Not an agent",
        submit="Say so",
        blocks=[
            blocks.section(blocks.words(said, limit=800)),
            blocks.entry(
                "Who or what uses it?",
                blocks.typed(REASON, most=REASON_AT_MOST, focus=True),
                hint=f"At least {item.keeping.length} letters and digits, so that somebody else can check it later. "
                "Such as: Rosa's own log-in, for maintenance.",
            ),
        ],
    )


def claim(known: Known) -> None:
    """It is this agent's."""
    decide(known, said=Said(verdict=Verdict.CLAIM, agent=chosen(known)))


def chosen(known: Known) -> Agent:
    """The agent that a form names: what the card suggested, or the one of this name. Raises Invalid."""
    key, name = known.click.one(AGENT), known.click.one(OTHER)
    agents = naming.agents_for(known.item, by=known.person)
    if key.isdecimal():
        return naming.agent_fits(agents.filter(pk=int(key)).first(), among=agents)
    return naming.agent_called(name, among=agents, field=OTHER)


def disclaim(known: Known) -> None:
    """It is no agent's."""
    decide(known, said=Said(verdict=Verdict.DISCLAIM, reason=known.click.one(REASON)))
