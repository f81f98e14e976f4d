"""What is suspicious about a grant. Where a review would say the same, the words are its check's."""

from collections.abc import Callable, Iterator

from connectors.advising import Remedy
from connectors.base import Grant
from governance.models import Band
from governance.models.risk import FLOORS
from governance.policy.checks.granted_to_everyone import GrantedToEveryone
from governance.policy.wording import counted
from governance.scanning import paths
from governance.scanning.holdings import SIGNS_IN, Holdings, hands_out, object_of
from governance.scanning.rows import Row
from governance.scanning.walking import Membership

EVERYONE = GrantedToEveryone()
WAYS_IN = ("schema", "default")  # no action by itself, and a door to some: also of what will be made
READ = "read from the catalogue"
FLOOR = {band: floor for floor, band in FLOORS}
MOST = FLOOR[Band.CRITICAL] + 15


def suspect(holdings: Holdings) -> Iterator[Row]:
    """Yield whatever one grant alone gives reason for."""
    for grant in holdings.grants:
        for judge in (for_everyone, superuser, owner, more_than_ordinary, passing_on, widening):
            row = judge(grant, holdings)
            if row is not None:
                yield row


def for_everyone(grant: Grant, holdings: Holdings) -> Row | None:
    """Held by whoever gets in, revocable, and either an action or more than looking at what there is."""
    what = holdings.entitlement(grant)
    if grant.principal not in holdings.everyone or not grant.revocable:
        return None
    if not (what.actions or grant.entitlement.type in WAYS_IN):
        return None
    who = holdings.principal(grant.principal).name
    facts = {"system": holdings.name, "entitlement": holdings.called(grant), "holder": who}
    runs_as, risk = acting_as(grant, holdings)
    lacking = lacked(grant, holdings)
    return row(
        grant,
        holdings,
        check=EVERYONE.name,
        title=EVERYONE.title,
        says=f"Anyone who can sign in holds {holdings.called(grant)}",
        why=f"{EVERYONE.reason(facts)}{runs_as}{lacking}",
        risk=max(0 if lacking else risk, holdings.risk(grant), FLOOR[Band.MEDIUM]),
    )


def lacked(grant: Grant, holdings: Holdings) -> str:
    """Say what everyone would need besides, and does not have: then it is open to those alone who do."""
    wanted = holdings.adviser.needs(holdings.entitlement(grant)) if holdings.adviser else ()
    known = [each for each in wanted if each in holdings.inventory.entitlements]  # of what is not listed nobody knows
    missing = [
        each for each in known if not holdings.everyone & {one.principal for one in holdings.by_entitlement[each]}
    ]
    named = ", ".join(holdings.inventory.entitlement(each).name for each in missing)
    return f" Only who also holds {named} can make use of it." if missing else ""


def acting_as(grant: Grant, holdings: Holdings) -> tuple[str, int]:
    """Say with whose rights a thing acts that is not the caller's, and what that makes of its risk."""
    owner = holdings.owners.get(object_of(grant))
    if not holdings.entitlement(grant).attrs.get("security_definer") or owner is None:
        return "", 0
    name = holdings.principal(owner).name
    if owner in holdings.superusers:
        return f" It runs as {name}, a superuser, whoever calls it.", MOST
    return f" It runs as {name}, its owner, whoever calls it.", FLOOR[Band.HIGH]


def superuser(grant: Grant, holdings: Holdings) -> Row | None:
    """May do everything, and the system can do without."""
    if not holdings.everything(grant) or holdings.needed(grant):
        return None
    name = holdings.principal(grant.principal).name
    named = len(holdings.direct[grant.principal]) - 1
    beside = f"Beside that it holds {counted(named, 'thing')} by name." if named else "It holds nothing else by name."
    why = f"{meaning(grant, holdings)} {beside}"
    return row(grant, holdings, check="superuser", title="Superuser", says=f"{name} may do everything", why=why)


def owner(grant: Grant, holdings: Holdings) -> Row | None:
    """Owned by an account that signs in, so that taking rights away does not hold."""
    holder = holdings.principal(grant.principal)
    if grant.entitlement.type != "owner" or holder.kind not in SIGNS_IN or holder.enabled is False:
        return None
    if holder.ref in holdings.superusers:
        return None
    what = holdings.called(grant).removeprefix("owner of ")
    says = f"{holder.name} owns {what}, so taking rights away does not hold"
    return row(grant, holdings, check="owner", title="Owner", says=says, why=meaning(grant, holdings))


def more_than_ordinary(grant: Grant, holdings: Holdings) -> Row | None:
    """What the system itself calls privileged, superusers apart."""
    what = holdings.entitlement(grant)
    if not what.privileged or grant.principal in holdings.superusers:
        return None
    name, membership = holdings.principal(grant.principal).name, holdings.membership(grant)
    if membership and (said_elsewhere(membership, holdings) or holdings.needed(grant)):
        return None
    why = meaning(grant, holdings) or "The system counts this among its own privileged rights."
    says = f"{name} is {what.name}" if membership else f"{name} holds {holdings.called(grant)}"
    bound = holdings.ceilings.get(grant.principal)
    if bound is not None:
        why = f"{why} It is bounded: {holdings.called(bound)}, and only what is in both can be done."
    return row(
        grant,
        holdings,
        check="privileged",
        title="More than ordinary rights",
        says=says,
        why=why,
        sure="what the bound leaves of it was not worked out" if bound else READ,
        certain=bound is None,
    )


def said_elsewhere(membership: Membership, holdings: Holdings) -> bool:
    """Whether it is told of whoever may sign in and become the role, or gives nothing but the right to hand it out."""
    return holdings.must_become(membership.role) or not membership.gives(may_set=True)


def passing_on(grant: Grant, holdings: Holdings) -> Row | None:
    """Held with the right to pass it on; memberships apart."""
    if not hands_out(grant) or grant.entitlement.type == "membership":
        return None
    if grant.principal in holdings.superusers:
        return None
    name, what = holdings.principal(grant.principal).name, holdings.called(grant)
    giver = paths.granted_by(grant) or "Somebody"
    why = f"{giver} granted it with the right to pass it on: whom {name} gives it to, nobody else decides."
    return row(
        grant,
        holdings,
        check="may_pass_on",
        title="May pass it on",
        says=f"{name} may hand {what} to others",
        why=why,
        risk=max(holdings.risk(grant), FLOOR[Band.MEDIUM]),
        mend=keep_to_itself,
    )


def widening(grant: Grant, holdings: Holdings) -> Row | None:
    """A membership that its member may hand out: to itself again, and to anybody."""
    membership = holdings.membership(grant)
    if membership is None or not holdings.admits(membership) or grant.principal in holdings.superusers:
        return None
    name = holdings.principal(grant.principal).name
    role = holdings.called(grant).removeprefix("member of ")
    why = f"ADMIN OPTION on {role} is the right to hand that membership out, with every right that comes with it."
    if not membership.gives(may_set=True):
        why += (
            " The membership gives nothing but that: it neither inherits nor may become the role, until it adds itself."
        )
    leads, risk = leading(membership, holdings)
    return row(
        grant,
        holdings,
        check="can_widen_itself",
        title="Can widen itself",
        says=f"{name} can add anyone, itself included, to {role}",
        why=f"{why}{leads}",
        risk=max(risk, holdings.risk(grant)),
        mend=keep_to_itself,
    )


def leading(membership: Membership, holdings: Holdings) -> tuple[str, int]:
    """Say which superuser one may become who is admitted to a role, and what that makes of its risk."""
    above = [each for each in holdings.admitted(membership.role).becomes if each in holdings.superusers]
    if not above:
        return "", 0
    name = holdings.principal(above[0]).name
    return f" Whoever is in {holdings.principal(membership.role).name} may become the superuser {name}.", MOST


def keep_to_itself(grant: Grant, holdings: Holdings) -> Remedy | None:
    """Say how the right to pass it on would go, and to whom it was passed."""
    remedy = holdings.adviser.keep_to_itself(grant) if holdings.adviser else None
    if remedy is None:
        return None
    return Remedy(remedy.text, f"{remedy.effect} {passed(grant, holdings) or 'It had passed it to nobody.'}")


def passed(grant: Grant, holdings: Holdings) -> str:
    """Say to whom it was passed: the system refuses to take it while they have it."""
    given = list(dict.fromkeys(holdings.principal(each.principal).name for each in holdings.dependents(grant)))
    some = f"{', '.join(given[: paths.MORE])}{' and others' if len(given) > paths.MORE else ''}"
    return f"It had passed it to {some}: revoke that first, or say CASCADE." if given else ""


def take_away(grant: Grant, holdings: Holdings) -> Remedy | None:
    """Say how it would be taken away, from whom first, and by what the same stays possible."""
    remedy = holdings.adviser.take_away(grant) if holdings.adviser else None
    if remedy is None:
        return None
    told = (remedy.effect, passed(grant, holdings), paths.still(grant, holdings))
    return Remedy(remedy.text, " ".join(filter(None, told)))


def meaning(grant: Grant, holdings: Holdings) -> str:
    """Say what an entitlement means in its system."""
    return holdings.adviser.meaning(holdings.entitlement(grant)) if holdings.adviser else ""


Mend = Callable[[Grant, Holdings], Remedy | None]


def row(  # noqa: PLR0913  (a row has these parts)
    grant: Grant,
    holdings: Holdings,
    *,
    check: str,
    title: str,
    says: str,
    why: str,
    risk: int | None = None,
    sure: str = READ,
    certain: bool = True,
    mend: Mend = take_away,
) -> Row:
    """Make a row about one grant."""
    return Row(
        check=check,
        title=title,
        holder=holdings.principal(grant.principal).name,
        entitlement=holdings.called(grant),
        says=says,
        why=why,
        sure=sure,
        certain=certain,
        risk=holdings.risk(grant) if risk is None else risk,
        paths=paths.paths(grant, holdings),
        subject=grant.principal,
        remedy=mend(grant, holdings),
        grants=(grant,),
    )
