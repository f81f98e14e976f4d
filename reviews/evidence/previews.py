"""What revoking would do, as far as the system was asked, and how long it can be taken back."""

from collections.abc import Iterable
from datetime import timedelta

from governance import clock
from governance.models import Parameters
from reviews.evidence.outcomes import stopped
from reviews.models import Item


def preview_text(item: Item) -> str:
    """What the dry run or the forecast said, in a sentence or two."""
    return of_credential(item) if item.credential_id else of_grant(item)


def of_grant(item: Item) -> str:
    """Whether it can be removed, and what is left; nothing where it was not asked yet."""
    said = item.preview
    if not said:
        return ""
    if "by_hand" in said:
        why = stopped(said["by_hand"])
        return f"Cannot be removed by us: {why} If you revoke it, a person is asked to do it by hand."
    if "not_tried" in said:
        return f"Not tried: {said['not_tried']}"
    how = "tried in the system and rolled back." if said.get("tried", True) else "worked out from all that it shows."
    if paths := said.get("other_paths"):
        return f"Revoke removes this grant; it can still be used through {', '.join(paths)}. {how.capitalize()}"
    return f"Revoke removes it. No other path is left; {how} {said.get('unread', '')}".strip()


def of_credential(item: Item) -> str:
    """That it is disabled first and removed later, for ever: who decides knows it beforehand."""
    said, grace = item.preview, clock.lasting(undo_span([item], item.review.policy.parameters))
    does = f"Revoke disables it: nothing can sign in with it any more. After {grace} it is removed, for ever."
    if "by_hand" in said:
        return f"Cannot be done by us: {said['by_hand']} {does} A person is asked to do both by hand."
    if "not_tried" in said:
        return f"{does} Not looked at before: {said['not_tried']}"
    return does if said.get("enabled", True) else f"It cannot be used any more, as a look has shown. {does}"


def undo_span(items: Iterable[Item], parameters: Parameters) -> timedelta:
    """How long a person's answer about these can be taken back; of credentials until the first can be removed."""
    shut = any(item.credential_id for item in items)
    return timedelta(seconds=max(parameters.undo_seconds, parameters.credential_remove_seconds if shut else 0))
