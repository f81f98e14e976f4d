"""
What a *keep* needs: when one click will do, when words are wanted, and for how long.

A keep is easy only where use was seen, risk is low, and the person has not just said *keep* several times without a
new reason. What a card shows and what deciding checks come from here, so that they are the same.
"""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from itertools import takewhile

from governance.models import Band, Parameters, Person
from governance.policy import use
from reviews.models import Answer, Item, Verdict

LAST_REASONS = 3
LOOKED_BACK = 20  # answers of a person, at most
UNINKED = set("\u115f\u1160\u3164\uffa0")  # Hangul's fillers: letters by their category, and nobody sees them
STEPS = (30, 60, 90)  # days that can be chosen, besides the longest that policy allows
UNSEEN = {
    use.UNUSED: "no recent use has been seen",
    use.NOT_OBSERVABLE: "its use cannot be observed",
}


@dataclass(frozen=True, slots=True)
class Keeping:
    """What a keep of one item needs from the person who is asked."""

    because: tuple[str, ...]  # why words are wanted; empty: one click will do
    length: int  # letters and digits at least
    days: tuple[int, ...]  # for how long it can be kept, the longest first; never for ever
    behind_login: bool = False  # in the browser alone: its risk wants more than a click in Slack

    @property
    def needs_reason(self) -> bool:
        """Whether words are wanted."""
        return bool(self.because)

    @property
    def longest(self) -> int:
        """In days."""
        return self.days[0]


def keeping(item: Item, *, by: Person | None) -> Keeping:
    """What this person's keep of this item needs now."""
    parameters = item.review.policy.parameters
    longest = longest_days(band_of(item), parameters)
    return Keeping(
        because=tuple(why_words(item, parameters, by=by)),
        length=parameters.keep_reason_length,
        days=(longest, *(days for days in reversed(STEPS) if days < longest)),
        behind_login=band_of(item).rank >= Band(parameters.browser_from).rank,
    )


def why_words(item: Item, parameters: Parameters, *, by: Person | None) -> list[str]:
    """Why policy wants words for a keep, each as the end of a sentence."""
    band = band_of(item)
    unseen = UNSEEN.get(str(item.facts.get("use", "")))
    kept = streak(by, length=parameters.keep_reason_length) if by else 0
    said = {
        f"its risk is {band.label.lower()}": band.rank >= Band(parameters.keep_reason_from).rank,
        unseen or "": unseen is not None,
        f"you have kept {kept} in a row without a new reason": 0 < parameters.keep_streak <= kept,
    }
    return [why for why, holds in said.items() if holds]


def streak(person: Person, *, length: int) -> int:
    """
    How many times this person has just said *keep* without a new reason, one after the other.

    Words that would not do where words are wanted are welcome with every keep, and are no reason.
    """
    last = list(Answer.objects.filter(person=person).order_by("-pk").values_list("verdict", "reason")[:LOOKED_BACK])
    run = sum(1 for _ in takewhile(lambda said: said[0] == Verdict.KEEP, last))
    words = [reason for verdict, reason in last if verdict == Verdict.KEEP]
    return next((place for place in range(run) if new(words[place], before=words[place + 1 :], length=length)), run)


def longest_days(band: Band, parameters: Parameters) -> int:
    """For how many days policy allows a keep at this risk; 1 where it is less than a day."""
    return parameters.span("lease_seconds", band) // timedelta(days=1) or 1


def said_before(reason: str, *, by: Person, length: int) -> bool:
    """Whether this is one of the last three reasons that this person gave for a keep."""
    keeps = Answer.objects.filter(person=by, verdict=Verdict.KEEP).exclude(reason="").order_by("-pk")
    return same(reason) in reasons(keeps.values_list("reason", flat=True)[:LOOKED_BACK], length=length)


def new(words: str, *, before: Iterable[str], length: int) -> bool:
    """Whether these words are long enough, and not a reason that was given just before."""
    return len(letters(words)) >= length and same(words) not in reasons(before, length=length)


def reasons(before: Iterable[str], *, length: int) -> list[str]:
    """The last three different reasons, of words that begin with the newest; what is too short is none."""
    given = (same(words) for words in before if len(letters(words)) >= length)
    return list(dict.fromkeys(given))[:LAST_REASONS]


def same(words: str) -> str:
    """What two reasons have in common that differ in case, width, spaces and punctuation alone."""
    return unicodedata.normalize("NFKC", letters(words)).casefold()


def letters(words: str) -> str:
    """The letters and digits, which are what can be read; their number is how long a reason is."""
    composed = unicodedata.normalize("NFC", words)
    return "".join(each for each in composed if each.isalnum() and each not in UNINKED)


def band_of(item: Item) -> Band:
    """The risk that a decision is bound to."""
    return Band(item.facts.get("band", Band.LOW))
