"""
The ways as rows: one for each account and what access comes from, however many rights lie behind it.

Direct grants are told apart by who granted them, and whether they may be passed on.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from governance.models import Account, Band, Grant
from governance.policy import use
from governance.policy.wording import counted
from reviews.admin import levels
from reviews.admin.agents.reached import Reached, Way
from reviews.models import Review

FAMILIES = 2  # kinds of things that a row names; the rest is counted
NAMED = 12  # rights that a row lists; the list of grants has all
PLURALS = {"privilege": "privileges", "policy": "policies", "membership": "memberships"}


@dataclass(frozen=True, slots=True)
class Row:
    """One way: from which account, by what, to which rights, with their risk and what is known of their use."""

    account: Account
    via: tuple[str, ...]
    by: str
    note: str  # what is special about it: direct, inherited, may pass on
    everyone: bool
    grants: tuple[Grant, ...]
    remarks: tuple[str, ...]  # what some of them amount to, and without what they are of no use
    useless: frozenset[int]  # the grants that are of no use
    admits: str  # the role to which it would have to admit itself first, as it may
    reviews: tuple[Review, ...]
    still_effective: bool

    @property
    def band(self) -> Band:
        """The worst of them."""
        return Band.of(max(grant.risk for grant in self.grants))

    @property
    def what(self) -> str:
        """What it leads to: a name, or how many of which kind."""
        return summary(self.grants)

    @property
    def named(self) -> tuple[Grant, ...]:
        """Those that are listed by name."""
        return self.grants[:NAMED]

    @property
    def more(self) -> int:
        """How many are not."""
        return len(self.grants) - len(self.named)

    @property
    def url(self) -> str:
        """The way to all of them in the list of grants, as far as the viewer sees them."""
        return levels.grants(holder=self.grants[0].account_id, stands="held")

    @property
    def observable(self) -> bool:
        """Whether anything can be said of their use."""
        return any(known(grant) != use.NOT_OBSERVABLE for grant in self.grants)

    @property
    def used(self) -> str:
        """What is known of their use, in a few words; not observable is never unused."""
        number = Counter(map(known, self.grants))
        if len(self.grants) == 1:
            return one(self.grants[0])
        if number[use.USED] == len(self.grants):
            return f"all {number[use.USED]:,} used"
        said = {use.USED: "used", use.UNUSED: "unused", use.NOT_OBSERVABLE: "not observable"}
        return ", ".join(f"{number[each]:,} {word}" for each, word in said.items() if number[each])


def known(grant: Any) -> str:
    """The class of use that was looked up."""
    return str(grant.use_class)


def one(grant: Any) -> str:
    """The use of one alone."""
    last = grant.last_used_at
    if known(grant) == use.UNUSED:
        return f"unused since {last:%-d %b %Y}" if last else "never used"
    return f"used, last on {last:%-d %b %Y}" if last else "not observable"


def rows(reached: Reached, *, reviews: Mapping[int, Review], still: set[int]) -> list[Row]:
    """Every way as a row, direct ones by who granted it; by account, the most risk first."""
    found = [
        Row(
            account=way.start,
            via=tuple("everyone" if open_to_all(each) else each.name for each in way.via),
            by=by,
            note="only by admitting itself" if way.admits else note,
            everyone=any(map(open_to_all, way.via)),
            grants=tuple(grants),
            remarks=tuple(remarks(way, grants, reached)),
            useless=frozenset(each.pk for each in grants if each.entitlement_id in reached.lacks),
            admits=way.admits,
            reviews=tuple(dict.fromkeys(reviews[each.pk] for each in grants if each.pk in reviews)),
            still_effective=any(each.pk in still for each in grants),
        )
        for way in reached.ways
        for by, note, grants in parts(way)
    ]
    places = {key: place for place, key in enumerate(dict.fromkeys(row.account.pk for row in found))}
    return sorted(found, key=lambda row: (places[row.account.pk], -row.band.rank, row.by))


def remarks(way: Way, grants: Sequence[Grant], reached: Reached) -> Iterator[str]:
    """What some of them amount to, what they are of no use without, and what the way needs."""
    yield from dict.fromkeys(filter(None, (reached.implies.get(each.entitlement_id) for each in grants)))
    lacks = Counter(name for each in grants for name in reached.lacks.get(each.entitlement_id, ()))
    for name, number in lacks.most_common(NAMED):
        which = "Of" if number == len(grants) else f"{number:,} of these {'is' if number == 1 else 'are'} of"
        yield f"{which} no use without {name}, which it cannot reach"
    if way.admits:
        yield f"Only once it admits itself to {way.admits}, as it may"


def parts(way: Way) -> Iterator[tuple[str, str, list[Grant]]]:
    """A way as it is; what is held directly apart for each source of it."""
    if way.via:
        names = ["everyone" if open_to_all(each) else each.name for each in way.via]
        yield " by ".join(reversed(names)), "open to every account" if names == ["everyone"] else "role", [*way.grants]
        return
    for (by, note), part in groupby(sorted(way.grants, key=source), key=source):
        yield by, note, list(part)


def open_to_all(account: Account) -> bool:
    """Whether it is everyone of a system."""
    return account.kind == Account.Kind.EVERYONE


def source(grant: Grant) -> tuple[str, str]:
    """Who granted it, and whether it may be passed on."""
    grantor = grant.native.get("grantor") or grant.origin
    return f"granted by {grantor}" if grantor else "held directly", (
        "may pass on" if grant.native.get("grantable") else "direct"
    )


def summary(grants: Sequence[Grant]) -> str:
    """What these are: the name of one, else how many things of each kind; several rights on one thing are counted."""
    if len(grants) == 1:
        return grants[0].entitlement.name
    families = Counter(grant.entitlement.native_type for grant in grants).most_common()
    said = [family(kind, [each for each in grants if each.entitlement.native_type == kind]) for kind, _ in families]
    more = sum(number for _, number in families[FAMILIES:])
    return ", ".join(said[:FAMILIES]) + (f" and {more:,} more" if more else "")


def family(kind: str, grants: Sequence[Grant]) -> str:
    """How many of one kind: "13 functions", "24 rights on 6 tables"."""
    things = len({grant.entitlement.resource or grant.entitlement.native_id for grant in grants})
    noun = kind.replace("_", " ")
    many = f"1 {noun}" if things == 1 else f"{things:,} {PLURALS.get(noun, f'{noun}s')}"
    return many if things == len(grants) else f"{counted(len(grants), 'right')} on {many}"
