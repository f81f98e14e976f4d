"""A scan for a terminal: 80 columns, the first things first, and before them what could not be seen."""

from collections.abc import Iterator
from textwrap import indent, wrap

from governance.scanning import telling
from governance.scanning.rows import FIRST, Card, Path
from governance.scanning.scanned import Scan
from governance.vetting import seen

WIDTH = 80
MARGIN = "   "
BAR = 30


def text(scan: Scan) -> str:
    """Return the whole text; nothing in it can move the cursor."""
    return seen("\n".join(lines(scan)))


def lines(scan: Scan) -> Iterator[str]:
    """Yield it line by line."""
    first, middle, last = telling.headline(scan)
    yield from paragraph(f"{first} {middle} {last}")
    yield from paragraph(telling.second(scan))
    yield ""
    yield "WHAT COULD NOT BE SEEN"
    for each in telling.unseen(scan):
        yield from paragraph(f"{each.title}: {each.text}", margin="  ", first="- ")
    yield ""
    yield from by_risk(scan)
    yield ""
    yield (
        f"THE {telling.in_words(min(FIRST, len(scan.cards))).upper()} THAT MATTER FIRST"
        if scan.cards
        else "NOTHING REMARKABLE"
    )
    yield from paragraph(telling.found(scan))
    for number, card in enumerate(scan.cards[:FIRST], 1):
        yield ""
        yield from told(number, card)
    yield ""
    yield from paragraph(telling.statement(scan))


def by_risk(scan: Scan) -> Iterator[str]:
    """Yield the counts by risk, with a bar for each."""
    most = max(scan.bands.values(), default=0) or 1
    yield f"THE {len(scan.holdings.grants):,} BY RISK"
    for band, number in scan.bands.items():
        yield f"{MARGIN}{band.label:<9}{number:>9,}  {'#' * -(-number * BAR // most)}"


def told(number: int, card: Card) -> Iterator[str]:
    """Yield one card."""
    row = card.row
    others = f", and {card.others:,} more alike" if card.others else ""
    yield from paragraph(f"{row.band.label.upper()} · {row.title}{others}", margin=MARGIN, first=f"{number:>2} ")
    yield from paragraph(row.says, margin=MARGIN)
    yield from paragraph(as_line(row.paths[0]), margin=MARGIN + "  ", first=MARGIN)
    yield from paragraph(f"Why: {row.why}", margin=MARGIN)
    yield from paragraph(f"How sure: {row.confidence}", margin=MARGIN)
    if row.remedy:
        yield f"{MARGIN}What would fix it:"
        yield indent(row.remedy.text, MARGIN + "  | ")
        yield from paragraph(f"Effect: {row.remedy.effect}", margin=MARGIN)


def as_line(path: Path) -> str:
    """Write a path as one line."""
    return " -> ".join(f"{node.text} ({node.note})" if node.note else node.text for node in path)


def paragraph(words: str, *, margin: str = "", first: str | None = None) -> list[str]:
    """Fold words to the width, as they will be seen; whatever ends a line in a name is a space here."""
    begin = margin if first is None else first
    return wrap(seen(words), WIDTH, initial_indent=begin, subsequent_indent=margin, break_on_hyphens=False)
