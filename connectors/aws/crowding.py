"""
Roles that trust a whole account: nobody in it is named, and whoever that account lets may become the role.

Of the account that was read, its own policies tell who that is: `sts:AssumeRole` on the role, no denial, no boundary
that ends before it. Of another account nobody here knows. What an organisation or a session denies is not looked at.
(https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-accounts)
"""

import json
from collections.abc import Iterator, Sequence

from connectors.advising import Crowd, Let
from connectors.aws import describing, holding, names
from connectors.aws.accounts import Account, Holder
from connectors.aws.evaluating import Outcome
from connectors.aws.holding import BECOMES, POSSIBLE, SOME_ROLE, Able
from connectors.aws.policies import Request
from connectors.base import Grant


def crowds(account: Account) -> dict[str, Crowd]:
    """Return them by the keys of the grants by which they may become a role."""
    able, found = list(assuming(account)), dict[str, Crowd]()
    for role in account.of_kind(names.ROLE):
        for grant in describing.becoming(role, account):
            number = names.whole_account(grant.principal.id) if grant.principal.type == names.OUTSIDE else ""
            if number == account.number:
                found[grant.key] = Crowd("this account", tuple(let(role, able)), asked(grant))
            elif number:
                found[grant.key] = Crowd(f"the account {number}", None, asked(grant))
    return found


def asked(grant: Grant) -> tuple[str, ...]:
    """Return the keys that the conditions of a trust look at."""
    tests = json.loads(grant.condition) if grant.condition else {}
    return tuple(dict.fromkeys(key for test in tests.values() for key in test))


def assuming(account: Account) -> Iterator[Able]:
    """Yield the users and roles that may become any role at all, as far as their own policies go."""
    for holder in account.holders:
        if holder.kind != names.GROUP and not holder.suspended:
            able = holding.able(account, holder)
            if able.judge(SOME_ROLE).outcome in POSSIBLE:
                yield able


def let(role: Holder, able: Sequence[Able]) -> Iterator[Let]:
    """Yield whose policies let it become this role."""
    wanted = Request(BECOMES, role.arn, {})
    for each in able:
        judged = each.judge(wanted)
        if judged.outcome in POSSIBLE and each.holder.ref != role.ref:
            speaking = {name for name, _ in judged.allowing}
            by = next(standing.text for standing in each.standings if standing.policy.name in speaking)
            yield Let(each.holder.ref, by, certain=judged.outcome == Outcome.ALLOWED)
