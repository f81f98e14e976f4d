"""What each check means, in plain Python over stories: slow, and easy to believe."""

from tests.governance.policy.worlds import REVIEW, RHYTHM, RISKS, RUNS, SEASON, WEEK, Cover, Story


def covers(story: Story, *, runs: bool) -> list[Cover]:
    return [each for each in story.covers if each.runs or not runs]


def heard(story: Story, cover: Cover, now: int) -> bool:
    """Whether this interval's source is not silent for longer than its rhythm."""
    return cover.end >= now - (story.rhythm or RHYTHM)


def alive(story: Story, *, runs: bool, now: int = 0) -> bool:
    return any(heard(story, each, now) for each in covers(story, runs=runs))


def covered(story: Story, *, runs: bool, now: int = 0) -> int:
    """How many half days were covered since the grant was idle, each counted once."""
    seen: set[int] = set()
    for each in covers(story, runs=runs):
        end = now if heard(story, each, now) else each.end
        seen |= set(range(max(each.start, story.idle_since), end))
    return len(seen)


def counting_runs(story: Story) -> int:
    started = (*story.runs, *story.others) if story.claimed else ()
    return sum(
        time > story.idle_since and any(each.start <= time < each.end for each in covers(story, runs=True))
        for time in started
    )


def idle_by_runs(story: Story, now: int = 0) -> bool:
    return story.tracked and counting_runs(story) >= RUNS and covered(story, runs=True, now=now) >= WEEK


def idle_by_days(story: Story, now: int = 0) -> bool:
    runs_known = any(each.end > story.idle_since for each in covers(story, runs=True))
    long_ago = covered(story, runs=False, now=now) >= SEASON
    return story.tracked and story.last_use is not None and not runs_known and long_ago


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


def use_class(story: Story) -> str:
    if unused(story):
        return "unused"
    return "not_observable" if story.last_use is None else "used"


ORACLES = {
    "never_used": check_never_used,
    "unused": check_unused,
    "lease_due": check_lease_due,
    "granted_to_everyone": check_granted_to_everyone,
}
