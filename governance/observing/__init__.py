"""
What agents did: events and runs come in, are kept by key, summed up by day and grant, and dropped when they are old.

A source's file says for what interval it is complete; only there can anything be called unused. Events are not
ledgered: judgements made from them are (docs/adr/0005).
"""

from governance.observing.describing import Described, describe_runs, describe_use
from governance.observing.importing import Imported, Order, import_usage
from governance.observing.judging import Cover
from governance.observing.partitions import age, make_ahead
from governance.observing.receiving import Received, receive
from governance.observing.replaying import Replay, stopped_runs
from governance.observing.rolling_up import attribute_late, roll_up, roll_up_source
from governance.observing.silence import notice_silence
from governance.observing.taking import Count
from governance.observing.telling import in_words

__all__ = [
    "Count",
    "Cover",
    "Described",
    "Imported",
    "Order",
    "Received",
    "Replay",
    "age",
    "attribute_late",
    "describe_runs",
    "describe_use",
    "import_usage",
    "in_words",
    "make_ahead",
    "notice_silence",
    "receive",
    "roll_up",
    "roll_up_source",
    "stopped_runs",
]
