"""
Notes: what is kept with an ask about its delivery, in `Ask.shown` beside what the person saw.

    team        the workspace it is in
    since       when it was first posted (seconds), as long as we do not know whether it arrived
    unfinished  the number of a rendering that was shown, while its thread is still owed
    said        the keys of the lines that its thread has
    saying      the reply that is on its way: its number, its keys, since when
"""

from collections.abc import Collection, Mapping
from typing import Any

from django.db import transaction

from governance.errors import Conflict
from governance.sole import sole
from reviews.models import Ask


def note(ask: Ask, shown: Mapping[str, Any], *, without: Collection[str] = (), **columns: str) -> None:
    """
    Keep this of a claimed ask, and forget what is named in `without`; `columns` are changed with it.

    Raises Conflict where the lease has gone to somebody else: whoever lost it says nothing more to Slack.
    """
    with transaction.atomic():
        held = sole(Ask.objects.select_for_update().filter(pk=ask.pk, fence=ask.fence))
        if held is None:
            raise Conflict(f"Somebody else delivers {ask}.")
        kept = {name: value for name, value in held.shown.items() if name not in without}
        ask.shown = {**kept, **shown}
        Ask.objects.filter(pk=ask.pk).update(shown=ask.shown, **columns)
