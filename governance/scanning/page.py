"""
The one HTML file: it needs nothing beside itself, and reads without its script.

The file carries a policy of its own that allows its one style and its one script, by their digests, and nothing else:
whatever a name in the system says, nothing of it runs.
"""

import hashlib
from base64 import b64encode
from collections import Counter
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from django.contrib.staticfiles.finders import find
from django.template.loader import get_template, render_to_string
from django.utils.safestring import SafeString, mark_safe

from connectors.base import Grant, Principal
from governance.models import Band
from governance.policy.wording import counted, day
from governance.scanning import paths, reaching, seeing, telling
from governance.scanning.holdings import Holdings
from governance.scanning.rows import FIRST, Card, Row
from governance.scanning.scanned import Scan
from governance.vetting import seen

MOST = 10_000  # grants that the table lists, unless more are wanted; twice as many take long to open
HOLDERS = 20  # accounts in the chart
WIDTH = 150
NAMED_ALIKE = 5
OF_A_KIND = 100  # findings of one kind and risk, beside the first, that are written out


@dataclass(frozen=True, slots=True)
class Line:
    """One grant in the table."""

    holder: str
    can: str
    way: str
    band: Band
    badge: SafeString
    found: str
    use: str


@dataclass(frozen=True, slots=True)
class Shown:
    """One card, and the first of what it stands for."""

    card: Card
    also: tuple[str, ...]
    further: int


@dataclass(frozen=True, slots=True)
class Kind:
    """The findings of one kind and risk that are not among the first: so many of them, and how many more."""

    title: str
    band: Band
    rows: tuple[Row, ...]
    further: int

    @property
    def number(self) -> str:
        """How many there are."""
        return f"{len(self.rows) + self.further:,}"


@dataclass(frozen=True, slots=True)
class Bar:
    """One account in the chart: how many grants of each band, where each part begins, and how wide it is."""

    name: str
    note: str
    parts: tuple[tuple[Band, str, float, float], ...]
    direct: int
    by_roles: str

    @property
    def count(self) -> str:
        """The number as it is read."""
        return f"{self.direct:,}"


def page(scan: Scan, *, most: int = MOST) -> str:
    """Return the file."""
    style, script = written("scan/scan.css"), written("scan/scan.js")
    style = mark_safe(f"{tokens()}\n{style}")  # noqa: S308  (our own files)
    context = {
        "scan": scan,
        "name": scan.holdings.name,
        "style": style,
        "script": script,
        "policy": policy(style, script),
        **sentences(scan),
        **figures(scan, most),
    }
    return seen(render_to_string("scan/page.html", context))


def sentences(scan: Scan) -> dict[str, object]:
    """Return what is said in words."""
    return {
        "headline": telling.headline(scan),
        "second": telling.second(scan),
        "unseen": telling.unseen(scan),
        "found": telling.found(scan),
        "count": telling.in_words(min(FIRST, len(scan.cards))),
        "statement": telling.statement(scan),
        "reads": telling.reads(scan),
        "again": telling.again(scan),
    }


def figures(scan: Scan, most: int) -> dict[str, object]:
    """Return what is counted and listed."""
    lines, bars = table(scan, most), holders(scan)
    number = len(scan.holdings.grants)
    return {
        "bands": banded(scan.bands),
        "cards": [shown(each) for each in scan.cards[:FIRST]],
        "kinds": kinds(scan),
        "others": f"{len(scan.rows) - len(scan.cards[:FIRST]):,}",
        "bars": bars,
        "more_bars": len(scan.holdings.direct) - len(bars),
        "reached": reaching.reached(scan.holdings),
        "lines": lines,
        "left_off": f"{number - most:,}" if number > most else "",
        "number": f"{number:,}",
        "accounts": sorted({each.holder for each in lines}),
        "with_use": scan.usage is not None,
    }


def tokens() -> str:
    """Return the style sheet that every page of ours has."""
    found = find("tokens.css")
    if not isinstance(found, str):
        raise FileNotFoundError("tokens.css is not among the static files of this installation")
    return Path(found).read_text()


def written(name: str) -> SafeString:
    """Return a file of ours as it stands."""
    return mark_safe(get_template(name).render())  # noqa: S308  (our own file, which has no variables)


def policy(style: str, script: str) -> str:
    """Allow this style and this script, and nothing else from anywhere."""
    allowed = f"style-src {digest(style)}; script-src {digest(script)}"
    return f"default-src 'none'; {allowed}; base-uri 'none'; form-action 'none'"


def digest(text: str) -> str:
    """Return how a policy names an element by its content."""
    return f"'sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def banded(bands: dict[Band, int]) -> list[tuple[Band, str, int]]:
    """Return each band with its number and the width of its bar; what is there is seen."""
    most = max(bands.values(), default=0) or 1
    return [
        (band, f"{number:,}", max(round(WIDTH * number / most), 2 * bool(number))) for band, number in bands.items()
    ]


def shown(card: Card) -> Shown:
    """Return a card as the page has it."""
    others = card.alike[1:]
    also = tuple(each.says if each.subject != card.row.subject else each.entitlement for each in others[:NAMED_ALIKE])
    return Shown(card, also, max(len(others) - NAMED_ALIKE, 0))


def kinds(scan: Scan) -> list[Kind]:
    """Return every finding that is not the first of a card above, in the same order."""
    above = {id(each.row) for each in scan.cards[:FIRST]}
    others = [each for each in scan.rows if id(each) not in above]
    found = []
    for (band, title), group in groupby(others, key=lambda each: (each.band, each.title)):
        rows = tuple(group)
        found.append(Kind(title, band, rows[:OF_A_KIND], len(rows[OF_A_KIND:])))
    return found


def holders(scan: Scan) -> list[Bar]:
    """Return those who hold most, who holds most first."""
    held = sorted(
        ((scan.holdings.principal(ref), grants) for ref, grants in scan.holdings.direct.items()),
        key=lambda each: (-len(each[1]), each[0].name),
    )
    most = len(held[0][1]) if held else 1
    return [bar(who, Counter(map(scan.band, grants)), most, scan.holdings) for who, grants in held[:HOLDERS]]


def bar(principal: Principal, counts: Counter[Band], most: int, holdings: Holdings) -> Bar:
    """Return one account's bar."""
    parts, x = [], 0.0
    for band in reversed(Band):
        if counts[band]:
            width = max(WIDTH * counts[band] / most, 0.5)
            parts.append((band, f"{counts[band]:,}", round(x, 2), round(width, 2)))
            x += width
    note = paths.holder(principal, holdings)
    kind = note.shape if note.shape == "everyone" else note.note
    by_roles = holdings.through_roles(principal.ref)
    return Bar(principal.name, kind, tuple(parts), counts.total(), f"{by_roles:,}" if by_roles else "")


def table(scan: Scan, most: int) -> list[Line]:
    """Return so many grants, the riskiest first, and what was found about them."""
    found: dict[int, list[str]] = {}
    for row in scan.rows:
        for grant in row.grants:
            found.setdefault(id(grant), []).append(row.title)
    held, badges = scan.holdings, {band: badge(band) for band in Band}

    def order(grant: Grant) -> tuple[object, ...]:
        risk, who = held.risk(grant), held.principal(grant.principal).name
        return -scan.band(grant).rank, id(grant) not in found, -risk, who, held.called(grant)

    return [
        Line(
            holder=held.principal(each.principal).name,
            can=held.called(each),
            way=paths.way(each, held),
            band=scan.band(each),
            badge=badges[scan.band(each)],
            found=", ".join(dict.fromkeys(found.get(id(each), ()))),
            use=used(each, scan),
        )
        for each in sorted(held.grants, key=order)[:most]
    ]


def badge(band: Band) -> SafeString:
    """Return a band as every page shows it, once: there are many lines."""
    return mark_safe(render_to_string("components/risk.html", {"band": band}).strip())  # noqa: S308  (no name is in it)


def used(grant: Grant, scan: Scan) -> str:
    """Say what is known of a grant's use; that none was seen says something only where one would have been."""
    if scan.usage is None:
        return "not observable"
    times, last = seeing.used(scan.usage, grant, scan.holdings)
    if last:
        return f"{counted(times, 'use')}, last on {day(last)}"
    return "no use seen" if seeing.observable(scan.usage, grant, scan.holdings) else "not observable"
