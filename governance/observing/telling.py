"""An import of use in words, for whoever asked for it."""

from governance.observing.importing import Imported
from governance.observing.judging import Cover
from governance.observing.taking import Count

MOST_TOOLS_SHOWN = 20
ELSEWHERE = "by accounts that are not known, or of what the system does not have"
MEND = " Mend them, and import them for the same interval: then it counts."
AGAIN = " Once the system has been read, or the tools are mapped, import it again."


def in_words(imported: Imported, interval: Cover) -> list[str]:
    """The sums, line by line; what is indented belongs to the line above it."""
    told = ["Dry run: nothing was changed. It would have been:"] if imported.dry_run else []
    told += counted("events", imported.events)
    if imported.runs is not None:
        told += counted("runs", imported.runs)
    return [*told, observed(imported, interval)]


def observed(imported: Imported, interval: Cover) -> str:
    """Whose use counts as observed now, and from when to when."""
    if imported.missing:
        return f"{lines(imported.missing)} refused that may tell of that time, so nothing counts as observed.{MEND}"
    if not imported.covered:
        return f"{nothing_seen(imported)}, so nothing counts as observed.{AGAIN * bool(imported.lost)}"
    whose = "Use" if imported.agents is None else f"Use by {imported.agents} agent{'s' * (imported.agents != 1)}"
    when = f"from {interval.starts_at.isoformat()} to {interval.ends_at.isoformat()}"
    if not imported.lost:
        return f"{whose} was observable {when}."
    return f"{whose} was observable {when}; not by {imported.lost} more, all of whose use is {ELSEWHERE}.{AGAIN}"


def lines(number: int) -> str:
    """So many of them."""
    return f"{number:,} line{'s were' if number != 1 else ' was'}"


def nothing_seen(imported: Imported) -> str:
    """Why a delivery shows nobody's use."""
    if imported.lost:
        return f"All use is {ELSEWHERE}"
    if imported.events.none_kept:
        return "Every event is of another time"
    if imported.runs and imported.runs.none_kept:
        return "Every run is of another time"
    kept = sum(count.kept for count in imported.counts)
    return "No kept line names an agent" if kept else "No line was kept"


def counted(what: str, count: Count) -> list[str]:
    """The counts of one file, and the first refused lines."""
    sums = f"{count.kept:,} kept, {count.already_there:,} already there, {count.refused:,} refused"
    told = [f"{count.lines:,} {what}: {sums}."]
    if count.unmatched:
        told.append(f"  {count.unmatched:,} by accounts that are not known (unmatched)")
    if count.such_as:
        action, resource = count.such_as
        told.append(
            f"  {count.elsewhere:,} of what the system is not known to have, such as {action!r} on {resource!r}"
        )
    if count.unmapped:
        tools = ", ".join(f"{tool} ({number})" for tool, number in count.unmapped.most_common(MOST_TOOLS_SHOWN))
        told.append(f"  {count.unmapped.total():,} with tools that the source does not map: {tools}")
    if count.ignored_columns:
        told.append(f"  columns that nobody reads: {', '.join(count.ignored_columns)}")
    told += [f"  line {number}: {reason}" for number, reason in count.shown]
    if count.refused > len(count.shown):
        told.append(f"  and {count.refused - len(count.shown):,} more lines were refused")
    return told
