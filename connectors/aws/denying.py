"""
What a policy denies, which comes back where the policy goes.

AWS adds up what is allowed, and a single denial goes before all of it. What it kept shut may be opened by another
policy, or by that of a resource, which is not read: so what also denies is a person's to take away, and never ours.
"""

from collections.abc import Collection

from connectors.aws.policies import Patterns, Policy
from connectors.base import Grant
from connectors.errors import Unsupported

MOST = 3  # actions that are named


def of(found: Collection[Policy], whose: str = "It") -> dict[str, str]:
    """Return what a grant of these policies tells whoever takes it away by hand; nothing where none of them denies."""
    denials = [each.actions for policy in found for each in policy.statements if not each.allows]
    actions = dict.fromkeys(action for each in denials for action in named(each))
    if not actions:
        return {}
    more = f" and {len(actions) - MOST} more" if len(actions) > MOST else ""
    what = f"{', '.join(list(actions)[:MOST])}{more}"
    return {"by_hand": f"{whose} also denies {what}: without it that may be possible. What denies has to stay."}


def named(actions: Patterns) -> list[str]:
    """Return the actions as they are written; those that are left out of a denial are one exception."""
    return [f"all but {', '.join(actions.named)}"] if actions.negated else list(actions.named)


def require_none(grant: Grant) -> None:
    """Raise Unsupported where taking a grant away could open what it denies."""
    if grant.by_hand:
        raise Unsupported(grant.by_hand)
