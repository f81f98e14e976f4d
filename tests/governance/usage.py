"""Use for tests: events are imported as an operator does it, from a file."""

from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

from governance import observing
from governance.ledger import Actor
from governance.observing import Cover, Order

DAY = (datetime.now(UTC) - timedelta(days=3)).replace(hour=0, minute=0, second=0, microsecond=0)
WHOLE_DAY = Cover(DAY, DAY + timedelta(days=1))
NUMBERS = count(1)
COLUMNS = ("at", "event_id", "account", "agent", "action", "resource", "run", "on_behalf_of", "outcome")


def event(**said):
    """One event: allowed, at nine, by nobody yet."""
    return {"at": (DAY + timedelta(hours=9)).isoformat(), "event_id": f"e{next(NUMBERS)}", "outcome": "allowed"} | said


def use_of(grant, **said):
    """A use of a grant by its own account."""
    act = grant.entitlement.actions.get()
    return event(**({"account": grant.account.native_id, "action": act.action, "resource": act.resource} | said))


def rows(columns, cells):
    """A CSV file's content."""
    return "".join(",".join(str(each.get(name, "")) for name in columns) + "\n" for each in cells)


def import_events(source, *events, runs=None, interval=WHOLE_DAY):
    """Import events, and runs where they are given."""
    with TemporaryDirectory() as folder:
        file, file_of_runs = Path(folder, "events.csv"), Path(folder, "runs.csv")
        file.write_text(",".join(COLUMNS) + "\n" + rows(COLUMNS, events))
        if runs is not None:
            names = ("run", "agent", "started", "ended", "outcome")
            file_of_runs.write_text(",".join(names) + "\n" + rows(names, runs))
        order = Order(source.name, interval, file, file_of_runs if runs is not None else None)
        return observing.import_usage(order, actor=Actor.operator("test"))
