"""Forms: a keep that needs a reason, and whose agent it is."""

from reviews.evidence import Card, ItemView
from reviews.slack import blocks
from reviews.slack.blocks import Block
from reviews.slack.buttons import days

KEEP_BECAUSE, THEIRS = "keep_because", "theirs"
REASON, NAMED = "reason", "named"
REASON_AT_MOST = 1000


def keep_because(card: Card, item: ItemView, *, value: str) -> Block:
    """Ask for the task that needs it. Its length is checked by us and not by Slack: our words say why it matters."""
    asked = {
        "type": "input",
        "block_id": REASON,
        "label": blocks.words("Which task needs it?", limit=2000),
        "hint": blocks.words(
            f"At least {card.reason_length} characters. Name the task, so that somebody else can check it later.",
            limit=2000,
        ),
        "element": {
            "type": "plain_text_input",
            "action_id": REASON,
            "multiline": True,
            "max_length": REASON_AT_MOST,
            "focus_on_load": True,
        },
    }
    kept = f"{card.agent} keeps {item.title}" if card.agent else f"{item.title} is kept"
    said = f"{kept} for {days(card)}. The next reviewer will read what you write."
    return blocks.modal(
        KEEP_BECAUSE,
        title=f"Keep for {days(card)}?",
        submit="Keep",
        metadata=value,
        blocks=[blocks.section(blocks.words(said, limit=800)), asked],
    )


def theirs(item: ItemView, *, value: str) -> Block:
    """Ask who answers for an agent."""
    asked = {
        "type": "input",
        "block_id": NAMED,
        "label": blocks.words("Who answers for it?", limit=2000),
        "element": {
            "type": "users_select",
            "action_id": NAMED,
            "placeholder": blocks.words("Choose a colleague", limit=150),
        },
    }
    said = f"From then on this person is asked about {item.title}, and what it may do."
    return blocks.modal(
        THEIRS,
        title="Somebody else's",
        submit="Hand over",
        metadata=value,
        blocks=[blocks.section(blocks.words(said, limit=800)), asked],
    )


def notice(text: str) -> Block:
    """What a form turns into when its answer was not taken."""
    return {
        "type": "modal",
        "title": blocks.words("Nothing was changed", limit=blocks.TITLE),
        "close": blocks.words("Close", limit=blocks.TITLE),
        "blocks": [blocks.section(blocks.words(text, limit=1000))],
    }
