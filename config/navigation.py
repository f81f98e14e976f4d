"""
The admin's sidebar: what needs a person first, then what we know, what was asked and done, and the evidence.

Whoever logs in gets the pages on which there can be a row for them; `governance.admin.site` leaves the others out.
"""

from typing import Any

from django.urls import reverse_lazy

# title: [(label, url name, icon)]
GROUPS = {
    "Now": [
        ("Governance queue", "queue", "inbox"),
        ("Unclaimed accounts", "unclaimed", "person_search"),
        ("Reviews", "reviews_review_changelist", "forum"),
        ("Findings", "governance_finding_changelist", "flag"),
    ],
    "Known": [
        ("Agents", "governance_agent_changelist", "smart_toy"),
        ("Grants", "governance_grant_changelist", "key"),
        ("Accounts", "governance_account_changelist", "badge"),
        ("Credentials", "governance_credential_changelist", "vpn_key"),
        ("Entitlements", "governance_entitlement_changelist", "lock_open"),
        ("Systems", "governance_system_changelist", "database"),
        ("Syncs", "governance_syncrun_changelist", "sync"),
        ("People", "governance_person_changelist", "group"),
        ("Units", "governance_orgunit_changelist", "account_tree"),
        ("Imports", "imports", "upload_file"),
    ],
    "Use": [
        ("Sources", "governance_source_changelist", "sensors"),
        ("Deliveries", "governance_usageintake_changelist", "move_to_inbox"),
        ("Coverage", "governance_coverage_changelist", "visibility"),
        ("Runs", "governance_run_changelist", "play_circle"),
    ],
    "Done": [
        ("Decisions", "reviews_decision_changelist", "gavel"),
        ("Remediations", "reviews_remediation_changelist", "build"),
        ("Holds", "reviews_hold_changelist", "front_hand"),
        ("Asks", "reviews_ask_changelist", "send"),
    ],
    "Evidence": [
        ("Ledger", "governance_entry_changelist", "receipt_long"),
        ("Checkpoints", "governance_checkpoint_changelist", "verified"),
        ("Attestations", "reviews_attestation_changelist", "task"),
        ("Policies", "governance_policy_changelist", "policy"),
    ],
}


def navigation() -> list[dict[str, Any]]:
    """The groups as unfold wants them; which page is open, the site says."""
    return [
        {
            "title": title,
            "separator": title != "Now",
            "items": [
                {"title": label, "icon": icon, "name": name, "link": reverse_lazy(f"admin:{name}"), "active": False}
                for label, name, icon in pages
            ],
        }
        for title, pages in GROUPS.items()
    ]
