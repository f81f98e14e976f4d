"""Moments as a person reads them."""

from datetime import datetime
from zoneinfo import ZoneInfo

from reviews.hours import zone_of

DAY = "{date_short}"
SHORT, LONG = "{date_short_pretty} at {time}", "{date_long_pretty} at {time}"
EXACT = "{date_short_pretty} at {time_secs}"


def when(moment: datetime, *, zone: ZoneInfo) -> str:
    """A moment for marked text: Slack shows it in the reader's zone, or `Fri 27 Nov, 17:00` where it cannot."""
    return f"<!date^{int(moment.timestamp())}^{SHORT}|{said(moment, zone=zone)}>"


def exactly(moment: datetime, *, zone: ZoneInfo) -> str:
    """The same with its seconds, for what happened: there the order matters."""
    return f"<!date^{int(moment.timestamp())}^{EXACT}|{moment.astimezone(zone):%a %-d %b, %H:%M:%S}>"


def due(moment: datetime, *, zone: ZoneInfo) -> str:
    """The same with its weekday, for what is ahead."""
    return f"<!date^{int(moment.timestamp())}^{LONG}|{said(moment, zone=zone)}>"


def day(moment: datetime, *, zone: ZoneInfo) -> str:
    """A day with its year, for what is far ahead."""
    return f"<!date^{int(moment.timestamp())}^{DAY}|{moment.astimezone(zone):%-d %b %Y}>"


def said(moment: datetime, *, zone: ZoneInfo) -> str:
    """The same in words alone, for notifications and plain text."""
    return f"{moment.astimezone(zone):%a %-d %b, %H:%M}"


__all__ = ["day", "due", "exactly", "said", "when", "zone_of"]
