"""A question about a grant that could be narrower, and the owner who reduces it."""

from typing import Any

from governance.models import Finding
from reviews import asking
from reviews.models import Decision, Item, Remediation, Verdict
from tests.reviews.scene import Scene, again, key, only_act
from tests.reviews.target import OWN_USE

OFFERED = {"key": OWN_USE.key}
WORDS = "It may read the bookings of its own desk."


def could_be_narrower(scene: Scene) -> Item:
    """The question about a grant that can be passed on; the system has been asked how it could be narrower."""
    asked = scene.asked(native={"grantable": True})
    scene.target.wide.add(key(asked.grant))
    return previewed(asked)


def previewed(item: Item) -> Item:
    """Let the system be asked, as asking does."""
    asking.preview(Item.objects.select_related("grant__account__system", "grant__entitlement").get(pk=item.pk))
    return again(item)


def reduced(scene: Scene, item: Item, remains: dict[str, str] | None = None, **more: Any) -> Remediation:
    """The act that follows when the owner reduces it."""
    scene.decide(item, Verdict.REDUCE, remains=remains or OFFERED, **more)
    return only_act(Decision.objects.get(item=item))


def is_wide(scene: Scene, item: Item) -> bool:
    return key(item.grant) in scene.target.wide


def findings_of(item: Item) -> Finding:
    return Finding.objects.get(items=item, check_name="never_used")
