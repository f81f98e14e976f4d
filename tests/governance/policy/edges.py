"""Stories on both sides of where each check begins to speak."""

from dataclasses import replace

from tests.governance.policy.worlds import RUNS, WEEK, Cover, Story

FED = (Cover(-40, 0, runs=True),)
ENOUGH = tuple(range(-RUNS, 0))
FIRST, SECOND = Cover(-40, 0, runs=True, of=0), Cover(-40, 0, runs=True, of=1)  # agents' own words


def since(held: int, **changes) -> Story:
    """A grant never used in exactly as many runs as it takes."""
    return replace(Story(held_since=held, runs=ENOUGH, covers=FED), **changes)


EDGES = [
    since(-WEEK),  # exactly as long as it takes
    since(-WEEK + 1),  # half a day too short
    since(-20, runs=ENOUGH[1:]),  # one run too few
    since(-20, runs=(-20, *ENOUGH[1:])),  # one started in the moment since which it is held
    since(-20, covers=(Cover(-20, -9, runs=True), Cover(-6, 0, runs=True))),  # a gap: enough
    since(-20, covers=(Cover(-20, -11, runs=True), Cover(-4, 0, runs=True))),  # a gap: too little
    since(-20, covers=(Cover(-20, -2, runs=True),), runs=(-5, -4, -3)),  # just alive
    since(-20, covers=(Cover(-20, -3, runs=True),), runs=(-6, -5, -4)),  # just silent
    since(-20, covers=(Cover(-20, 0, runs=True), Cover(-20, -1, runs=True))),  # counted once
    since(-20, covers=(Cover(-20, -13, runs=True), Cover(-20, 0, runs=False))),
    since(-30, last_use=-18, covers=(Cover(-30, 0, runs=False),)),  # by days, exactly
    since(-30, last_use=-17, covers=(Cover(-30, 0, runs=False),)),
    since(-20, claimed=False),
    since(-20, tracked=False),
    since(-20, runs=ENOUGH[1:], others=(-5,)),  # two agents share the account
    since(-20, lease_ends=28, risk=40),
    since(-20, lease_ends=29, risk=40),
    since(-20, covers=(FIRST, SECOND)),  # two agents share the account, and both report
    since(-20, covers=(FIRST,)),  # the second is blind
    since(-20, covers=(FIRST,), shared=False),
    since(-20, covers=(SECOND,), shared=False),  # the feed is another agent's
    since(-20, covers=(FIRST, SECOND), claimed=False),  # nobody knows who uses it
    since(-20, covers=(FIRST, replace(SECOND, start=-WEEK))),  # both for exactly long enough
    since(-20, covers=(FIRST, replace(SECOND, start=-WEEK + 1))),
    since(-20, covers=(FIRST, replace(SECOND, end=-3))),  # the second fell silent
    since(-20, covers=(FIRST, Cover(-40, -6, runs=True)), runs=(-9, -8, -7)),  # the log fell silent, one reports
    since(-30, last_use=-18, covers=(Cover(-30, 0, runs=False, of=0),)),  # by days, the second is blind
    since(-30, last_use=-18, covers=(Cover(-30, 0, runs=False, of=0),), shared=False),
    since(-20, covers=(FIRST,), retired=1),  # the second is blind, and nobody answers for it any more
    since(-20, covers=(FIRST,), retired=0),
    since(-20, covers=(SECOND,), others=ENOUGH, retired=1),  # nobody is left whose word counts
    since(-20, runs=ENOUGH[1:], others=(-5,), retired=1),  # a retired agent's run is not counted
    since(-30, last_use=-18, covers=(Cover(-30, 0, runs=False, of=0), SECOND), retired=1),  # nor does it report runs
    since(-20, runs=ENOUGH[1:], others=(0,)),  # the third run starts now: it counts in a moment
    since(-20, runs=(*ENOUGH[1:], 3)),  # it will start, says a clock that goes before ours
    since(-20, last_use=-5, used_runs=1, risk=60, runs=range(-6, -1)),  # rare: as many runs as it takes
    since(-20, last_use=-5, used_runs=1, risk=60, runs=range(-5, -1)),  # one run too few
    since(-20, last_use=-5, used_runs=1, risk=60, runs=(*range(-5, -1), 2)),  # the fifth is still to come
    since(-20, last_use=-5, used_runs=2, risk=60, runs=range(-6, -1)),
    since(-20, last_use=-5, used_runs=1, risk=59, runs=range(-6, -1)),
    since(-5, last_use=-4, used_runs=1, risk=60, runs=range(-6, -1)),  # one started before it was held
    since(-20, resumed=-WEEK),  # while it was suspended nobody could use it
    since(-20, resumed=-WEEK + 1),
    since(-20, resumed=-5, last_use=-4, used_runs=1, risk=60, runs=range(-6, -1)),
    since(-20, toxic=True),
    since(-20, allowed="elsewhere"),
    since(-20, allowed="here"),
    since(-20, allowed="elsewhere", retired=0),  # nobody answers any more for whom it was said of
    since(-20, allowed="elsewhere", claimed=False),
    since(-16, last_use=-1, actions=(-1, None, None, -15)),  # the half, for exactly as long as it takes
    since(-15, last_use=-1, actions=(-1, None, None, -15)),
    since(-16, last_use=-1, actions=(-1, None, -1, -15)),
    since(-16, last_use=-1, actions=(-1, None, -15)),  # what allows so few actions is narrow
    since(-20, last_use=-1, actions=(-1, -16, -16, None)),  # two are forgotten
    since(-20, last_use=-17, actions=(-17, None, None, None)),  # not used lately
    since(
        -20, last_use=-1, actions=(-1, None, None, None), covers=(Cover(-40, -9, runs=False), Cover(-8, 0, runs=False))
    ),
    since(-20, last_use=-1, actions=(-1, None, None, None), covers=(Cover(-16, 0, runs=False),)),
    since(-20, last_use=-1, actions=(-1, None, None, None), redefined=-16),
    since(-20, last_use=-1, actions=(-1, None, None, None), redefined=-15),  # it has become wider lately
]
# A log may leave use out: once it does, and once it was set to show all; and some it shows never, or as nobody's.
LEFT_OUT = [
    since(-20, shown="if_set"),  # the log may leave its use out
    since(-20, shown="if_set", covers=(FIRST, SECOND)),  # and agents' own word does not make up for it
    since(-20, shown="if_set", shows_all=True),
    since(-30, last_use=-18, covers=(Cover(-30, 0, runs=False),), shown="if_set"),
    since(-20, last_use=-9, risk=80, used_runs=1, runs=tuple(range(-19, -1)), shown="if_set"),
    since(-20, last_use=-9, risk=80, used_runs=1, runs=tuple(range(-19, -1)), shown="if_set", shows_all=True),
    since(-20, last_use=-9, actions=(-9, None, None, None), shown="if_set"),
    since(-20, last_use=-9, actions=(-9, None, None, None), shown="if_set", shows_all=True),
    since(-20, shown="never", shows_all=True),
    since(-20, traced=False),
    since(-20, last_use=-9, risk=80, used_runs=1, runs=tuple(range(-19, -1)), traced=False),
    since(-20, last_use=-9, actions=(-9, None, None, None), traced=False),
]
SCOPES = EDGES[-10:]
