"""
A person's own page in Slack: what stands on it now.

It is an ask like any other, and rendered anew when something on it changes.
"""

from governance import clock, hinting
from governance.models import Person
from reviews import evidence, undoing
from reviews.hours import hours_of
from reviews.models import Ask, Decision, Preference, Workspace
from reviews.slack import identity, page, waiting
from reviews.slack.blocks import Block
from reviews.slack.buttons import undo_button
from reviews.slack.page import Page, Remembered
from reviews.slack.rendering import Copy
from reviews.slack.tokens import Token

SHOWN, LAST = 30, 5  # questions on the page, and decisions: it has room for a hundred blocks


def opened(person: Person, workspace: Workspace) -> Ask:
    """The person looks at their home: have it rendered, as it is now."""
    ask, new = Ask.objects.get_or_create(
        dedupe_key=f"home:{workspace.team_id}:{person.pk}",
        defaults={
            "person": person,
            "surface": "slack",
            "purpose": Ask.Purpose.HOME,
            "made_at": clock.now(),
            "shown": {"team": workspace.team_id},
        },
    )
    if not new:
        Ask.objects.filter(pk=ask.pk).render_again()
    hinting.hint("reviews.tasks.deliver_to_slack")
    return ask


def view(person: Person, *, workspace: Workspace, copy: Copy) -> Block:
    """The page, as it goes to Slack."""
    wishes = hours_of(person).wishes
    found = waiting.waiting_for(person)
    groups = waiting.groups_of(found)
    filters = waiting.chosen(wishes.filters, groups)
    fitting = [each for each in found if waiting.fits(each, filters, at=copy.at)]
    return page.view(
        Page(
            name=person.name,
            total=len(found),
            first_due=found[0].due_at if found else None,
            groups=groups,
            filters=filters,
            fitting=len(fitting),
            rows=waiting.rows_of(fitting[:SHOWN]),
            wishes=wishes,
            delegate=delegate_in(wishes, workspace),
            last=remembered(person, copy),
        ),
        copy,
    )


def delegate_in(wishes: Preference, workspace: Workspace) -> str:
    """The delegate's user here, if they have one."""
    if wishes.delegate is None:
        return ""
    found = identity.user_in(wishes.delegate)
    return found[1] if found and found[0].pk == workspace.pk else ""


def remembered(person: Person, copy: Copy) -> list[Remembered]:
    """Their last decisions, what became of each, and a way back while there is one."""
    given = Decision.objects.filter(answer__person=person).order_by("-pk")
    beside = ("answer__person", "answer__named", "policy", "undo__by", "item__agent", "item__review__unit")
    return [recalled(decision, person, copy) for decision in given.select_related(*beside)[:LAST]]


def recalled(decision: Decision, person: Person, copy: Copy) -> Remembered:
    """One of them."""
    item, became = decision.item, evidence.outcome(decision)
    title, about = evidence.title(item.subject), Token(copy.ask_id, item.pk, item.fingerprint)
    back = undoing.allowed(decision, by=person, at=copy.at)
    return Remembered(
        at=decision.at,
        whose=item.agent.name if item.agent else "",
        title=title,
        outcome=became,
        undo=undo_button(became, title=title, about=about, at=copy.at) if back else None,
    )
