"""
The closed vocabulary: everything that an entry may say, as noun and past participle.

A comment says what the act means; docs/reference/ledger.md repeats them all. An act is never renamed: leaves
keep its name.
"""

from enum import StrEnum, unique


@unique
class Act(StrEnum):
    """What happened."""

    # Knowing: the organisation, its people and what runs on their behalf.
    ORGANISATION_SET = "organisation.set"  # name, time zone or working days were stated
    POLICY_SET = "policy.set"  # a policy came into force
    UNIT_CREATED = "unit.created"  # an organisational unit came into being
    UNIT_MOVED = "unit.moved"  # an organisational unit got another parent
    PERMISSION_GRANTED = "permission.granted"  # a group or person was given sight of a unit or campaign
    PERMISSION_WITHDRAWN = "permission.withdrawn"  # that sight was taken back
    PERSON_IMPORTED = "person.imported"  # a person became known
    PERSON_CHANGED = "person.changed"  # name, manager, unit or time zone of a person changed
    PERSON_LEFT = "person.left"  # a person left the organisation
    PERSON_AWAY = "person.away"  # a person is away until a date
    PERSON_RETURNED = "person.returned"  # a person is active again
    IDENTITY_LINKED = "identity.linked"  # an identity in another system was proved to be a person's or agent's
    PREFERENCE_SET = "preference.set"  # a person said when they want to be asked, or who instead while they are away
    IDENTITY_UNLINKED = "identity.unlinked"  # that link ended
    IDENTITY_LEFT = "identity.left"  # that system calls them no colleague: a guest, a stranger or deactivated
    IDENTITY_RETURNED = "identity.returned"  # that system calls them a colleague again
    AGENT_REGISTERED = "agent.registered"  # an agent became known
    AGENT_CHANGED = "agent.changed"  # purpose, unit, autonomy, lifecycle, reading or systems of an agent changed
    OWNERSHIP_OPENED = "ownership.opened"  # a person began to answer for an agent
    OWNERSHIP_CLOSED = "ownership.closed"  # a person ceased to answer for an agent
    CLAIM_OPENED = "claim.opened"  # an agent is said to use an account
    CLAIM_CLOSED = "claim.closed"  # an agent is no longer said to use an account
    DISCLAIMER_OPENED = "disclaimer.opened"  # a person said that no agent uses an account
    DISCLAIMER_CLOSED = "disclaimer.closed"  # that was taken back, or an agent was said to use it after all

    # Knowing: systems and what is held there.
    SYSTEM_CONNECTED = "system.connected"  # a system was added
    SYSTEM_CHANGED = "system.changed"  # config, secret, owner or capabilities of a system changed
    SECRET_RESEALED = "secret.resealed"  # noqa: S105  a secret was sealed again, with another key; it is the same secret
    SOURCE_CHANGED = "source.changed"  # a usage source was added, or its mapping changed
    TOKEN_ISSUED = "token.issued"  # noqa: S105  a source was given a token to deliver its use by
    TOKEN_REVOKED = "token.revoked"  # noqa: S105  a token of a source ended
    SYNC_COMPLETED = "sync.completed"  # a complete read was taken over
    SYNC_HELD = "sync.held"  # a read that had shrunk waits for a person
    SYNC_ACCEPTED = "sync.accepted"  # a person took a held read over
    SYNC_DISCARDED = "sync.discarded"  # a person threw a held read away
    GRANT_APPEARED = "grant.appeared"  # a grant was seen for the first time
    GRANT_RETURNED = "grant.returned"  # a grant was seen again after absence
    GRANT_CHANGED = (
        "grant.changed"  # definition, condition or effect of a grant changed, or its holder can newly pass it on
    )
    GRANT_CLOSED = "grant.closed"  # a complete read no longer shows a grant
    TAG_STATED = "tag.stated"  # a person said what an entitlement makes possible, or that it does not
    TAG_WITHDRAWN = "tag.withdrawn"  # that was taken back: what our rules and others say counts again
    HELD_SINCE_STATED = "held_since.stated"  # a person stated since when a grant is held
    USAGE_IMPORTED = "usage.imported"  # a batch of usage events was taken in
    COVERAGE_OPENED = "coverage.opened"  # use became observable in an interval
    FINDING_RAISED = "finding.raised"  # a check or a step spoke about a subject
    FINDING_REOPENED = "finding.reopened"  # what had been answered is suspicious again
    FINDING_CLEARED = "finding.cleared"  # the suspicion no longer holds
    FINDING_MISSED = "finding.missed"  # the nightly sweep found what a due date should have found
    LEASE_OPENED = "lease.opened"  # an agent may hold something until a date
    LEASE_CLOSED = "lease.closed"  # a lease ended before its date

    # Asking and deciding.
    CAMPAIGN_OPENED = "campaign.opened"  # a campaign began over a population
    CAMPAIGN_CLOSED = "campaign.closed"  # a campaign ended with its results
    REVIEW_OPENED = "review.opened"  # a question was formed, with its facts and deadline
    REVIEW_REMINDED = "review.reminded"  # the person was asked again
    REVIEW_ESCALATED = "review.escalated"  # the question went up for want of an answer
    REVIEW_REROUTED = "review.rerouted"  # the question went to another person
    REVIEW_WITHDRAWN = "review.withdrawn"  # nothing was left to ask
    REVIEW_DECIDED = "review.decided"  # the last open item of a review was decided
    REVIEW_LAPSED = "review.lapsed"  # the deadline passed in silence
    ITEM_WITHDRAWN = "item.withdrawn"  # one item of a review no longer needs an answer
    ITEM_DRIFTED = "item.drifted"  # the facts moved toward more risk since they were shown
    ASSIGNMENT_OPENED = "assignment.opened"  # a person became the one who is asked
    ASSIGNMENT_CLOSED = "assignment.closed"  # that ended, and why
    HANDOVER_OFFERED = "handover.offered"  # who is asked offered the question to a colleague
    HANDOVER_ENDED = "handover.ended"  # that one accepted or declined, or it was overtaken
    REVIEW_SNOOZED = "review.snoozed"  # who is asked wants to hear of it again later; the deadline runs on
    RECORD_OPENED = "record.opened"  # somebody who is asked looked at the full record
    ASK_SENT = "ask.sent"  # the question was put on a surface
    ASK_FAILED = "ask.failed"  # the question could not be put there
    ANSWER_RECORDED = "answer.recorded"  # a person said keep, reduce, revoke or unsure
    ANSWER_REFUSED = "answer.refused"  # an answer was not taken, and why
    DECISION_MADE = "decision.made"  # an item was decided, by a person or by policy
    DECISION_UNDONE = "decision.undone"  # a person took a decision back in time

    # Acting.
    REMEDIATION_PLANNED = "remediation.planned"  # an act on a system is to be done
    REMEDIATION_HELD = "remediation.held"  # the brake keeps the act waiting
    REMEDIATION_SENT = "remediation.sent"  # the system was told
    REMEDIATION_FAILED = "remediation.failed"  # the system refused or did not answer
    REMEDIATION_CANCELLED = "remediation.cancelled"  # the act is not to be done any more
    REMEDIATION_STUCK = "remediation.stuck"  # a person must look
    REMEDIATION_RETRIED = "remediation.retried"  # a person had what was stuck tried at once
    REMEDIATION_VERIFIED = "remediation.verified"  # an independent, complete read shows it
    REMEDIATION_STILL_EFFECTIVE = "remediation.still_effective"  # done, but the access lives on by another path
    REMEDIATION_ATTESTED = "remediation.attested"  # a named person said that they did it by hand; no read proves it
    HOLD_OPENED = "hold.opened"  # too much at once: the brake closed
    HOLD_RELEASED = "hold.released"  # a person let some of it through
    HOLD_CANCELLED = "hold.cancelled"  # a person ended what was held
    EXEMPTION_SIGNED = "exemption.signed"  # a person permitted not to remediate until a date

    # Attesting.
    ATTESTATION_SIGNED = "attestation.signed"  # a person signed a statement over a checkpoint
    EVIDENCE_EXPORTED = "evidence.exported"  # a report or its evidence was downloaded
    SECRET_DELETED = "secret.deleted"  # noqa: S105  personal text behind a commitment was deleted
