"""
When a person may be spoken to: their zone, their working days, their quiet hours, the hour of their digest.

Pure functions over one Preference. None of them moves a deadline.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from governance.models import Band, Organisation, Person
from governance.sole import sole
from reviews.models import Preference, Review

LATE = 15 * 60  # on the last working day before free days nobody gets a digest after three
SNOOZED_TO = 9 * 60
NIGHT = (18 * 60, 8 * 60)  # nobody is reminded then who has named no quiet hours
REACTION = timedelta(hours=6)  # so long somebody has to answer what they have heard of
A_WEEK = 8  # days among which there is a working one


@dataclass(frozen=True, slots=True)
class Hours:
    """One person's clock."""

    wishes: Preference
    zone: ZoneInfo
    working_days: Collection[int]  # ISO weekdays

    def at(self, day: date, minute: int) -> datetime:
        """A minute of a day, in the person's zone."""
        return datetime.combine(day, time(minute // 60, minute % 60), tzinfo=self.zone)

    def digest_after(self, since: datetime) -> datetime:
        """The first moment of a digest that comes later than this, and not in a pause."""
        earliest = max(since, self.wishes.paused_until or since)
        first = earliest.astimezone(self.zone).date()
        ahead = [self.at(first + timedelta(days=days), self.wishes.digest_at) for days in range(2 * A_WEEK)]
        moments = [moment for moment in ahead if moment > since and moment >= earliest]
        rules = (self.fits, self.works, lambda _day: True)  # where no day of a week is good enough, the next best
        return next(moment for rule in rules for moment in moments if rule(moment.date()))

    def works(self, day: date) -> bool:
        """Whether it is a working day."""
        return day.isoweekday() in self.working_days

    def fits(self, day: date) -> bool:
        """Whether a digest may come on that day: a working day, and no late hour before free days."""
        late = self.wishes.digest_at >= LATE and not self.works(day + timedelta(days=1))
        return self.works(day) and not late

    def hears_of(self, review: Review, *, at: datetime) -> datetime:
        """The first moment from this on for a question: at once where it is critical, and always in time to answer."""
        if review.severity == Band.CRITICAL:
            return at
        return max(at, min(self.open_from(at), review.moves_on_at - REACTION))

    def open_from(self, at: datetime, *, night: tuple[int, int] | None = None) -> datetime:
        """
        The first moment from this on at which the person wants to hear of anything.

        `night`: the quiet hours of somebody who has named none.
        """
        moment = max(at, self.wishes.paused_until or at)
        return max(moment, self.quiet_ends(moment, night=night))

    @property
    def quiet(self) -> tuple[int, int] | None:
        """The quiet hours, in minutes of the day."""
        start, end = self.wishes.quiet_from, self.wishes.quiet_until
        return None if start is None or end is None or start == end else (start, end)

    def quiet_ends(self, at: datetime, *, night: tuple[int, int] | None = None) -> datetime:
        """When the quiet hours end in which this moment lies; the moment itself where it lies in none."""
        quiet = self.quiet or night
        if quiet is None:
            return at
        start, end = quiet
        local = at.astimezone(self.zone)
        minute = local.hour * 60 + local.minute
        if start < end:
            return self.at(local.date(), end) if start <= minute < end else at
        if minute >= start:
            return self.at(local.date() + timedelta(days=1), end)
        return self.at(local.date(), end) if minute < end else at

    def tomorrow_morning(self, at: datetime) -> datetime:
        """Nine o'clock of the next day."""
        return self.at(at.astimezone(self.zone).date() + timedelta(days=1), SNOOZED_TO)

    def midnight(self, at: datetime, *, days: int = 0) -> datetime:
        """When this day began, or that so many days later."""
        return self.at(at.astimezone(self.zone).date() + timedelta(days=days), 0)


def hours_of(person: Person) -> Hours:
    """A person's hours; the usual ones where they have said nothing."""
    wishes = sole(Preference.objects.select_related("delegate").filter(person=person)) or Preference(person=person)
    organisation = sole(Organisation.objects.all()) or Organisation()
    return Hours(wishes, zone_of(person), frozenset(organisation.working_days))


def told(moment: datetime, *, to: Person, now: datetime) -> str:
    """When that was by this person's clock: `14:58`, or `14:58 on 27 Nov 2026` where it is not today."""
    there, today = (each.astimezone(zone_of(to)) for each in (moment, now))
    return f"{there:%H:%M}" if there.date() == today.date() else f"{there:%H:%M on %-d %b %Y}"


def zone_of(person: Person) -> ZoneInfo:
    """The person's zone; UTC where what is stored names none."""
    try:
        return ZoneInfo(person.time_zone)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")
