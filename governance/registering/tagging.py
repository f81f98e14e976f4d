"""What a person says that an entitlement makes possible, or does not: it counts alone until it is taken back."""

from datetime import datetime
from typing import Any

from django.db import transaction

from governance import access, due, ledger, tags
from governance.errors import Invalid, NotAllowed
from governance.ledger import Act, Actor
from governance.models import Entitlement, EntitlementTag, Grant, Person, TagName

REVIEWER = EntitlementTag.Source.REVIEWER


def state_tag(*, entitlement: Entitlement, tag: str, holds: bool, by: Person, at: datetime) -> EntitlementTag:
    """
    Say that a tag holds of an entitlement, or that it does not; whatever else is said of it does not count any more.

    The same once more gives what stands. Raises Invalid for a tag that there is not, and NotAllowed.
    """
    with transaction.atomic():
        locked = steered(entitlement, tag, by)
        there = locked.tags.filter(tag=tag, source=REVIEWER).first()
        if there is not None and there.denied is not holds:
            return there
        said = {"denied": not holds, "said_by": by, "said_at": at}
        made, _ = EntitlementTag.objects.update_or_create(entitlement=locked, tag=tag, source=REVIEWER, defaults=said)
        tell(Act.TAG_STATED, locked, {"tag": tag, "holds": holds}, by, at)
    return made


def withdraw_tag(*, entitlement: Entitlement, tag: str, by: Person, at: datetime) -> None:
    """Take back what people said of a tag; nothing where nobody did. Raises as `state_tag` does."""
    with transaction.atomic():
        locked = steered(entitlement, tag, by)
        gone, _ = locked.tags.filter(tag=tag, source=REVIEWER).delete()
        if gone:
            tell(Act.TAG_WITHDRAWN, locked, {"tag": tag}, by, at)


def steered(entitlement: Entitlement, tag: str, by: Person) -> Entitlement:
    """Lock an entitlement for somebody who may say what it makes possible."""
    if tag not in TagName.values:
        raise Invalid(f"tag {tag!r} is unknown; one of {', '.join(TagName.values)}", field="tag")
    locked = (
        Entitlement.objects.select_for_update(of=("self",), no_key=True)
        .select_related("system__unit")
        .get(pk=entitlement.pk)
    )
    if not access.may_steer(by, locked.system):
        raise NotAllowed(f"The owner of {locked.system.name}, or who governs {locked.system.unit.name}, says this.")
    return locked


def tell(act: Act, entitlement: Entitlement, body: dict[str, Any], by: Person, at: datetime) -> None:
    """Let it count, make those due who hold the entitlement, and tell the ledger."""
    tags.settle([entitlement.pk])
    due.pull(Grant.objects.filter(entitlement=entitlement), at)
    ledger.record(act=act, actor=Actor.person(by), subjects=[entitlement, entitlement.system], body=body)
