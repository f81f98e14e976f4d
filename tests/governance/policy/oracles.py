"""What each check means, in plain Python over stories: slow, and easy to believe."""

from fractions import Fraction
from math import comb

from tests.governance.policy.worlds import MONTH, REVIEW, RHYTHM, RISKS, RUNS, SEASON, WEEK, Cover, Story


def reach(story: Story, cover: Cover, now: int) -> int:
    """Until when an interval reaches: until now, unless its source is silent for longer than its rhythm."""
    return now if cover.end >= now - (story.rhythm or RHYTHM) else cover.end


def reported(story: Story, of: int | None, *, runs: bool, now: int) -> set[int]:
    """The half days that the system's log covers, or the word of one agent."""
    told = [each for each in story.covers if each.of == of and (each.runs or not runs)]
    return {time for each in told for time in range(each.start, reach(story, each, now))}


def seen(story: Story, *, runs: bool, now: int = 0) -> set[int]:
    """The half days at which use would have been seen: by the system, or because every agent was reporting."""
    theirs = [reported(story, agent, runs=runs, now=now) for agent in story.agents]
    return reported(story, None, runs=runs, now=now) | (set.intersection(*theirs) if theirs else set())


def alive(story: Story, *, runs: bool, now: int = 0) -> bool:
    return now - 1 in seen(story, runs=runs, now=now)


def covered(story: Story, *, runs: bool, now: int = 0) -> int:
    """How many half days were covered since the grant was idle, each counted once."""
    return sum(time >= story.idle_since for time in seen(story, runs=runs, now=now))


def counting_runs(story: Story, now: int = 0) -> int:
    started = [*(story.runs if 0 in story.agents else ()), *(story.others if 1 in story.agents else ())]
    times = seen(story, runs=True, now=now)
    return sum(time > story.idle_since and time in times for time in started)


def idle_by_runs(story: Story, now: int = 0) -> bool:
    return story.observable and counting_runs(story, now) >= RUNS and covered(story, runs=True, now=now) >= WEEK


def idle_by_days(story: Story, now: int = 0) -> bool:
    theirs = [each for each in story.covers if each.runs and each.of in {None, *story.agents}]
    runs_known = any(each.end > story.idle_since for each in theirs)
    long_ago = covered(story, runs=False, now=now) >= SEASON
    return story.observable and story.last_use is not None and not runs_known and long_ago


def unused(story: Story, now: int = 0) -> bool:
    by_runs = idle_by_runs(story, now) and alive(story, runs=True, now=now)
    by_days = idle_by_days(story, now) and alive(story, runs=False, now=now)
    return by_runs or by_days


def check_never_used(story: Story, now: int = 0) -> bool:
    return story.in_question and story.last_use is None and unused(story, now)


def check_unused(story: Story, now: int = 0) -> bool:
    return story.in_question and story.last_use is not None and unused(story, now)


def check_lease_due(story: Story, now: int = 0) -> bool:
    if not story.in_question:
        return False
    if story.lease_ends is None:
        return not story.appeared
    return story.lease_ends - REVIEW[RISKS[story.risk]] <= now


def check_granted_to_everyone(story: Story, now: int = 0) -> bool:
    held = story.in_question and story.kind == "everyone" and story.revocable
    return held and (story.tracked or story.native_type == "schema")


def check_system_not_allowed(story: Story, now: int = 0) -> bool:
    return story.in_question and story.allowed == "elsewhere" and 0 in story.agents


def check_toxic_combination(story: Story, now: int = 0) -> bool:
    return story.in_question and story.toxic


def check_rare_but_powerful(story: Story, now: int = 0) -> bool:
    if not story.in_question or story.risk < 60 or story.last_use is None or not story.used_runs:
        return False
    if story.hidden or not story.traced:
        return False
    started = [*(story.runs if 0 in story.agents else ()), *(story.others if 1 in story.agents else ())]
    times = seen(story, runs=True, now=now)
    number = sum(time > story.usable_since and time in times for time in started)
    share = Fraction(7, 10)
    so_few = sum(comb(number, k) * share**k * (1 - share) ** (number - k) for k in range(story.used_runs + 1))
    return number >= RUNS and so_few <= Fraction(1, 20)


def check_over_scoped(story: Story, now: int = 0) -> bool:
    if not (story.in_question and story.observable and story.last_use is not None and len(story.actions) >= 4):
        return False
    lately = set(range(now - MONTH, now))
    used = sum(time is not None and time > now - MONTH for time in story.actions)
    told_apart = any(time is not None and time >= story.last_use for time in story.actions)
    since = story.usable_since if story.redefined is None else max(story.usable_since, story.redefined)
    watched = since <= now - MONTH and lately <= seen(story, runs=False, now=now)
    return watched and told_apart and 1 <= used <= len(story.actions) / 2


def use_class(story: Story) -> str:
    if unused(story):
        return "unused"
    return "not_observable" if story.last_use is None else "used"


ORACLES = {
    "never_used": check_never_used,
    "unused": check_unused,
    "lease_due": check_lease_due,
    "granted_to_everyone": check_granted_to_everyone,
    "system_not_allowed": check_system_not_allowed,
    "toxic_combination": check_toxic_combination,
    "rare_but_powerful": check_rare_but_powerful,
    "over_scoped": check_over_scoped,
}
