"""
What happened, append-only, and provable without us.

    with transaction.atomic():
        review.close()
        ledger.record(act=Act.REVIEW_DECIDED, actor=Actor.person(by), subjects=[review], body={"verdict": "revoke"})

An entry is committed with the fact that it tells, or neither is. The sequencer, a process of its own, makes the Merkle
tree over what was committed and signs its size and root; `auditing` recomputes all of it.
"""

from governance.ledger.acts import Act
from governance.ledger.proving import Inclusion, prove
from governance.ledger.recording import Actor, Fact, Subject, record, record_many, stamp
from governance.ledger.standing import backlog, checkpoint_covering, lag, refuse_owner, unreadable

__all__ = [
    "Act",
    "Actor",
    "Fact",
    "Inclusion",
    "Subject",
    "backlog",
    "checkpoint_covering",
    "lag",
    "prove",
    "record",
    "record_many",
    "refuse_owner",
    "stamp",
    "unreadable",
]
