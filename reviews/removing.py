"""
Removing: what a person decided to revoke and was only shut until now is removed, when that has lasted long enough.

A credential is shut first, so that whoever misses it can have it opened again; its removal nobody can take back. It
follows a person's decision alone: silence shuts, and no more.
"""

from django.db import transaction

from governance import clock
from governance.models import Credential, Intended
from governance.sweeping import sweep
from reviews import planning, questions
from reviews.models import Remediation


def remove_shut() -> int:
    """Plan the removal of every credential whose time has come."""
    return sweep(lambda: Remediation.objects.claim_removable(clock.now()), remove)


def remove(shut: Remediation) -> None:
    """Plan one removal, unless it was taken back or opened meanwhile."""
    with transaction.atomic():
        at = clock.now()
        still = Credential.objects.filter(remediations=shut, active=False, intended=Intended.GONE)
        if still.select_for_update(no_key=True, of=("self",)).first():
            planning.remove(shut, at=at)
            questions.outdate(shut.review)
