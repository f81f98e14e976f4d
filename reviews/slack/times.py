"""Moments and spans as a person reads them."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from governance.models import Person

SHORT, LONG = "{date_short_pretty} at {time}", "{date_long_pretty} at {time}"
UNITS = {"day": 86400, "hour": 3600, "minute": 60, "second": 1}


def zone_of(person: Person) -> ZoneInfo:
    """The person's zone; UTC where what is stored names none."""
    try:
        return ZoneInfo(person.time_zone)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def when(moment: datetime, *, zone: ZoneInfo) -> str:
    """A moment for marked text: Slack shows it in the reader's zone, or `Fri 27 Nov, 17:00` where it cannot."""
    return f"<!date^{int(moment.timestamp())}^{SHORT}|{said(moment, zone=zone)}>"


def due(moment: datetime, *, zone: ZoneInfo) -> str:
    """The same with its weekday, for what is ahead."""
    return f"<!date^{int(moment.timestamp())}^{LONG}|{said(moment, zone=zone)}>"


def said(moment: datetime, *, zone: ZoneInfo) -> str:
    """The same in words alone, for notifications and plain text."""
    return f"{moment.astimezone(zone):%a %-d %b, %H:%M}"


def lasting(span: timedelta) -> str:
    """A span in the largest unit that leaves nothing over: `24 hours`, `7 days`, `90 seconds`."""
    seconds = int(span.total_seconds())
    for unit, size in UNITS.items():
        count, rest = divmod(seconds, size)
        if not rest and count > 1:
            return f"{count} {unit}s"
    return f"{seconds} second" if seconds == 1 else f"{seconds} seconds"
