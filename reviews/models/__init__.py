"""The nouns of asking, deciding, acting and attesting: one room each."""

from reviews.models.attestation import Attestation
from reviews.models.campaign import Campaign, CampaignGroupPermission, CampaignUserPermission
from reviews.models.decision import Answer, Decision, Undo, Verdict
from reviews.models.handover import Handover, Look, Snooze
from reviews.models.item import Item
from reviews.models.pace import Pace
from reviews.models.preference import Preference
from reviews.models.remediation import Act, Attempt, Hold, Remediation
from reviews.models.review import ITEMS_AT_MOST, Ask, Assignment, Review, State
from reviews.models.workspace import Workspace

__all__ = [
    "ITEMS_AT_MOST",
    "Act",
    "Answer",
    "Ask",
    "Assignment",
    "Attempt",
    "Attestation",
    "Campaign",
    "CampaignGroupPermission",
    "CampaignUserPermission",
    "Decision",
    "Handover",
    "Hold",
    "Item",
    "Look",
    "Pace",
    "Preference",
    "Remediation",
    "Review",
    "Snooze",
    "State",
    "Undo",
    "Verdict",
    "Workspace",
]
