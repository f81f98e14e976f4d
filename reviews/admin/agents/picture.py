"""
The rows as a drawing: agent, account, by what, to what. The list beside it says the same.

Only coordinates are made here; the template draws. The riskiest rows are drawn where there are too many for a picture.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from textwrap import wrap

from reviews.admin.agents.grouping import Row

AT_MOST = 24
TOP, PITCH, HEIGHT = 51, 54, 42
LEFT = {"agent": 10, "account": 190, "by": 420, "end": 645}
WIDE = {"agent": 140, "account": 190, "by": 185, "end": 265}
BESIDE = 60  # of the last column, for the risk
A_LETTER, A_SMALL_ONE = 7.6, 6.2  # about as wide as one of a title, and of what stands below


@dataclass(frozen=True, slots=True)
class Box:
    """One box: where it stands, what it says, and how it looks."""

    x: int
    y: float
    width: int
    lines: tuple[str, ...]
    small: str
    full: str
    kind: str = ""
    band: str = ""

    @property
    def height(self) -> int:
        """How high."""
        return HEIGHT

    @property
    def middle(self) -> float:
        """Half of its height, from the top of the drawing."""
        return self.y + HEIGHT / 2

    @property
    def text_x(self) -> int:
        """Where its words begin."""
        return self.x + 12

    @property
    def first(self) -> float:
        """The baseline of its title."""
        return self.y + 19

    @property
    def second(self) -> float:
        """The baseline of what stands below."""
        return self.y + 34

    @property
    def end(self) -> int:
        """Where what stands on the right ends."""
        return self.x + self.width - 10


@dataclass(frozen=True, slots=True)
class Edge:
    """An arrow from one box to the next."""

    path: str
    head: str
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Picture:
    """The whole drawing."""

    height: int
    boxes: tuple[Box, ...]
    edges: tuple[Edge, ...]
    says: str
    left_out: int


def picture(name: str, rows: Sequence[Row]) -> Picture | None:
    """Draw them; None where there is nothing to draw."""
    if not rows:
        return None
    riskiest = set(map(id, sorted(rows, key=lambda row: -row.band.rank)[:AT_MOST]))
    drawn = [row for row in rows if id(row) in riskiest]
    boxes, edges, middles = [], [], []
    place = 0
    for _, group in groupby(drawn, key=lambda row: row.account.pk):
        of_account = list(group)
        ends = [pair(row, place + number) for number, row in enumerate(of_account)]
        place += len(of_account)
        account = of_account[0].account
        middle = (ends[0][0].y + ends[-1][0].y) / 2
        box = boxed("account", middle, account.name, account.system.name)
        for row, (by, end) in zip(of_account, ends, strict=True):
            edges += [edge(box, by, row, first=True), edge(by, end, row, first=False)]
            boxes += [by, end]
        boxes.append(box)
        middles.append(box)
    agent = boxed("agent", (middles[0].y + middles[-1].y) / 2, name, accounts(len(middles)))
    return Picture(
        height=TOP - HEIGHT // 2 + PITCH * len(drawn),
        boxes=(agent, *boxes),
        edges=(*(edge(agent, each) for each in middles), *edges),
        says=f"From {name} by {accounts(len(middles))} and {len(drawn)} ways to what it can reach",
        left_out=len(rows) - len(drawn),
    )


def accounts(number: int) -> str:
    """So many."""
    return "1 account" if number == 1 else f"{number} accounts"


def pair(row: Row, place: int) -> tuple[Box, Box]:
    """By what, and to what, side by side."""
    y = TOP - HEIGHT / 2 + PITCH * place
    small = "still effective" if row.still_effective else row.used
    return (
        boxed("by", y, row.by, row.note, kind="dash" if row.everyone else ""),
        boxed("end", y, row.what, small, kind="end", band=row.band),
    )


def boxed(column: str, y: float, title: str, small: str, *, kind: str = "", band: str = "") -> Box:
    """A box whose title is broken into two lines where it is long; what does not fit is in the list, in full."""
    room = WIDE[column] - 24 - (BESIDE if column == "end" else 0)
    letters, small_ones = int(room / A_LETTER), int(room / A_SMALL_ONE)
    lines = wrap(title, letters, break_long_words=True) or [""]
    if len(lines) > 2:  # noqa: PLR2004  (lines of a box)
        lines = [lines[0], f"{lines[1][: letters - 1]}…"]
    note = small if len(lines) == 1 else ""
    if len(note) > small_ones:
        note = f"{note[: small_ones - 1]}…"
    return Box(LEFT[column], y, WIDE[column], tuple(lines), note, f"{title}, {small}", kind, band)


def edge(start: Box, end: Box, row: Row | None = None, *, first: bool = False) -> Edge:
    """A curve with its arrowhead; what a removal left open is drawn as such, what everyone may do is dashed."""
    x1, x2 = start.x + start.width, end.x
    middle = (x1 + x2) / 2
    kinds = [] if row is None else ["hot"] * row.still_effective + ["dash"] * (row.everyone and first)
    return Edge(
        f"M{x1} {start.middle}C{middle} {start.middle} {middle} {end.middle} {x2 - 6} {end.middle}",
        f"M{x2 - 7} {end.middle - 4}l7 4-7 4z",
        " ".join(kinds),
    )
