"""
What a trail shows: of which rights a use leaves a record, wherever it is set to, or never.

Management events are shown, unless a trail leaves out those that only read. Data events, what is done to objects, items
and the like, are shown where somebody set it to. What goes straight to a machine, a database or a stream is no call
that CloudTrail hears of. And some rights are used by other calls only, whose record does not name them.
(https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-aws-service-specific-topics.html)
"""

import re
from collections.abc import Collection

from connectors.aws import matching, overlapping
from connectors.base import Action, Shown

# Services of which no call is a data event: a trail shows those of others, if it is set to, and we cannot see that.
MANAGED = frozenset(("cloudformation", "ec2", "iam", "organizations", "rds", "sts"))
ABROAD = ("iam:createservicelinkedrole", "iam:passrole")  # rights that calls of other services use
WITHIN = (  # rights that other calls of the same service use
    "cloudformation:tagresource",
    "ec2:createtags",
    "iam:taginstanceprofile",
    "iam:tagpolicy",
    "iam:tagrole",
    "iam:taguser",
    "organizations:tagresource",
    "rds:addtagstoresource",
    "sts:setcontext",
    "sts:setsourceidentity",
    "sts:tagsession",
)
UNNAMED = frozenset((*ABROAD, *WITHIN))  # no record is of these
UNHEARD = (  # what no record is of, because it is no call of an API that CloudTrail hears
    "elasticache:connect",
    "elasticfilesystem:client*",
    "es:eshttp*",
    "execute-api:*",
    "kafka-cluster:*",
    "memorydb:connect",
    "rds-db:connect",
    "ssmmessages:*",
)
READING = ("assumerole*", "describe*", "get*", "list*")
READS = re.compile(rf"({'|'.join(sorted(MANAGED))}):(assumerole|describe|get|list)")


def shown(action: str) -> Shown:
    """Return whether a trail shows the use of such a right; of a pattern the least that is so of what it means."""
    service = action.partition(":")[0]
    # of what means every service the rest is taken for the whole
    if service != "*" and means_any(action, UNHEARD):
        return Shown.NEVER
    reading = means_any(action, [f"{service}:{each}" for each in READING])
    return Shown.IF_SET if reading or optional(action) else Shown.ALWAYS


def means_any(action: str, patterns: Collection[str]) -> bool:
    """Whether an action, or a pattern of some, means something that one of these patterns does."""
    return any(overlapping.means_action(each, action) is not False for each in patterns)


def optional(action: str) -> bool:
    """Whether a trail may leave out the use of such a right: not if all calls of its service are management events."""
    service = action.partition(":")[0]
    unseen = ABROAD if action == f"{service}:*" else (*ABROAD, *WITHIN)
    return service not in MANAGED or any(matching.means_action(action, each) for each in unseen)


def shows(action: Action, seen: Collection[str]) -> bool:
    """
    Whether this trail shows the use of such a right, and every other one would.

    A trail can be set to leave out what only reads, to which the assuming of roles counts: some of it must be there.
    """
    return not optional(action.action) and any(READS.match(each) for each in seen)


LEAVES_OUT = (
    "A trail shows what is done to data, such as the reading of objects, only where it is set to: what only that would"
    " show is not called unused, unless nobody assumed the role that may do it. Nothing is where no call only reads:"
    " those may be left out too."
)
