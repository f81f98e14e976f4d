"""What the contract calls the parts of an account: principals, entitlements and grants."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from connectors.aws import counting, denying, flags, holding, names, policies, showing, trusting
from connectors.aws.accounts import Account, Document, Holder, Managed
from connectors.aws.overlapping import unbound
from connectors.aws.policies import Policy, Statement
from connectors.base import Action, Effect, Entitlement, Grant, HolderKind, Principal, Ref
from connectors.tags import Tag

EVERY = "*:*"
WIDEST = 1000  # pairs of an action and a resource that are told; what has more is told of all resources

KINDS = {names.USER: HolderKind.LOGIN, names.ROLE: HolderKind.WORKLOAD, names.GROUP: HolderKind.GROUP}
SERVICES = (".amazonaws.com", ".amazonaws.com.cn")
OWNERS = ("owner", "team", "contact")  # tags by which people say whose something is


def principals(account: Account) -> Iterator[Principal]:
    """Yield whoever can hold something, and whoever may become a role."""
    yield Principal(names.EVERYONE, "anybody", HolderKind.EVERYONE)
    yield from (principal(each) for each in account.holders)
    outside = {
        trust.ref: trust.name
        for role in account.of_kind(names.ROLE)
        for trust in trusting.of(role, account)
        if trust.ref.type == names.OUTSIDE and trust.ref != names.EVERYONE
    }
    for ref, name in sorted(outside.items(), key=lambda found: found[0].id):
        yield Principal(ref, name, outsiders(ref, account))


def outsiders(ref: Ref, account: Account) -> HolderKind:
    """Say what somebody outside is: nobody signs in as all of this account, or as a service of AWS."""
    many = ref.id == account.number or ref.id.endswith(SERVICES)
    return HolderKind.GROUP if many else HolderKind.WORKLOAD


def principal(holder: Holder) -> Principal:
    """Return a user, a role or a group; who answers for it is what its tags say."""
    used = holder.last_used_at
    return Principal(
        ref=holder.ref,
        name=holder.name,
        kind=KINDS[holder.kind],
        enabled=None if holder.kind == names.GROUP else not holder.suspended,
        owner_hints=tuple(value for key, value in sorted(holder.tags.items()) if key.lower() in OWNERS and value),
        created_at=holder.created_at,
        attrs={"arn": holder.arn, "path": holder.path} | ({"last_used_at": used.isoformat()} if used else {}),
    )


def entitlements(account: Account) -> Iterator[Entitlement]:
    """Yield what can be held."""
    bounds = {each.boundary for each in account.holders} - {""}
    for arn in sorted(account.policies.keys() - account.idle):
        managed = account.policies[arn]
        yield of_policy(Ref(names.POLICY, arn), managed.name, arn, managed.document)
        if arn in bounds:
            yield Entitlement(
                Ref(names.BOUNDARY, arn),
                f"within {managed.name}",
                arn,
                definition_digest=managed.digest,
            )
    for holder in account.holders:
        yield from of_holder(holder, account)


def of_holder(holder: Holder, account: Account) -> Iterator[Entitlement]:
    """Yield what can be held of a principal: what is written into it, its membership, or becoming it."""
    for each in holder.written:
        name = f"{each.name}, inline in {holder.kind} {holder.name}"
        yield of_policy(names.inline(holder.kind, holder.name, each.name), name, holder.arn, each.text)
    if holder.kind == names.GROUP:
        yield Entitlement(
            names.membership(holder.name),
            f"member of {holder.name}",
            holder.arn,
            definition_digest=names.digest(account.digests(holder)),
            confers=holder.ref,
        )
    if holder.kind == names.ROLE:
        yield Entitlement(
            Ref(names.ASSUME, holder.arn),
            f"assume {holder.name}",
            holder.arn,
            actions=(Action("sts:assumerole", holder.arn, wild=True, shown=showing.shown("sts:assumerole")),),
            definition_digest=names.digest(holder.trust),
            confers=holder.ref,
        )


def of_policy(ref: Ref, name: str, resource: str, document: Mapping[str, Any]) -> Entitlement:
    """Return a policy with all that it allows; what it denies is in its digest."""
    found = policies.read(name, document)
    flagged = flags.of(document)
    return Entitlement(
        ref=ref,
        name=name,
        resource=resource,
        actions=tuple(allowed(found)),
        privileged=flags.ESCALATION in flagged or any(map(flags.everything, found.statements)),
        definition_digest=names.digest(document),
        attrs={
            "flags": {flag: len(actions) for flag, actions in flagged.items()},
            "everything": any(map(flags.everything, found.statements)),
        },
        tags=tuple(Tag(name) for name in dict.fromkeys(flags.TAGS[flag] for flag in flagged)),
    )


def allowed(policy: Policy) -> Iterator[Action]:
    """
    Yield each action with each resource that a policy allows it to, as patterns; an exception counts as all.

    A right that no log names, because only other calls use it, is none: its use could never be seen.
    """
    told = (pair for each in policy.statements if each.allows for pair in patterns(each))
    pairs = [(action, resource) for action, resource in told if action not in showing.UNNAMED]
    if len(pairs) > WIDEST:
        pairs = [(action, "*") for action, _ in pairs]
    counts = counting.counts([action for action, _ in pairs])
    for action, resource in dict.fromkeys(pairs):
        yield Action(action, resource, wild=True, means=counts[action], shown=showing.shown(action))


def patterns(statement: Statement) -> Iterator[tuple[str, str]]:
    """Yield the pairs of one statement; every action is one of some service, as no agent's own tool is."""
    actions = ("*",) if statement.actions.negated else statement.actions.named
    resources = ("*",) if statement.resources.negated else statement.resources.named
    every = (EVERY if action == "*" else action.lower() for action in actions)
    yield from ((action, unbound(resource)) for action in every for resource in resources)


def grants(account: Account) -> Iterator[Grant]:
    """Yield the direct edges: what is attached, written in, joined, bounded, and who may become a role."""
    joining = {name: joined_to(account, group) for name, group in account.groups.items()}
    for holder in account.holders:
        yield from (attached(holder, account.policy(arn)) for arn in holder.attached)
        yield from (inline(holder, each) for each in holder.written)
        yield from (joined(holder, account.group(name), *joining[name]) for name in holder.groups)
        if holder.boundary:
            yield bounded(holder, account.policy(holder.boundary))
        if holder.kind == names.ROLE:
            yield from becoming(holder, account)


def attached(holder: Holder, managed: Managed) -> Grant:
    """Return the attachment of a managed policy."""
    policy = policies.read(managed.name, managed.document)
    denied = denying.of([policy])
    return Grant(
        principal=holder.ref,
        entitlement=Ref(names.POLICY, managed.arn),
        instance=managed.instance,
        effect=effect([policy]),
        condition=conditions(policy, managed.document),
        revocable=not denied,
        native=dict(said(holder, managed)) | denied,
    )


def inline(holder: Holder, written_in: Document) -> Grant:
    """Return an inline policy; it is what it says, so that another text under its name is another one."""
    policy = policies.read(written_in.name, written_in.text)
    denied = denying.of([policy])
    return Grant(
        principal=holder.ref,
        entitlement=names.inline(holder.kind, holder.name, written_in.name),
        instance=holder.id,
        effect=effect([policy]),
        condition=conditions(policy, written_in.text),
        revocable=not denied,
        native={"holder": holder.name, "policy": written_in.name, "document": dict(written_in.text)} | denied,
    )


def joined_to(account: Account, group: Holder) -> tuple[list[Policy], list[str]]:
    """Return the policies that come with a group, and the digests of what they say."""
    return [each.policy for each in holding.of_its_own(account, group)], account.digests(group)


def joined(holder: Holder, group: Holder, comes: Collection[Policy], digests: list[str]) -> Grant:
    """Return a membership, with the policies that come by it; a group that has none yet may get some."""
    denied = denying.of(comes, f"The group {group.name}")
    return Grant(
        principal=holder.ref,
        entitlement=names.membership(group.name),
        instance=group.id,
        effect=effect(comes) if comes else Effect.ALLOW,
        revocable=not denied,
        native={"holder": holder.name, "group": group.name, "digests": digests} | denied,
    )


def bounded(holder: Holder, managed: Managed) -> Grant:
    """Return a permissions boundary: what is not in it is not allowed, and it allows nothing."""
    return Grant(
        principal=holder.ref,
        entitlement=Ref(names.BOUNDARY, managed.arn),
        instance=managed.instance,
        effect=Effect.CEILING,
        revocable=False,
        native=said(holder, managed),
    )


def said(holder: Holder, managed: Managed) -> dict[str, str]:
    """Return who has which policy, and by digest and version what that says: another text is not what was shown."""
    return {"holder": holder.name, "policy": managed.name, "version": managed.version, "digest": managed.digest}


def becoming(role: Holder, account: Account) -> Iterator[Grant]:
    """
    Yield who may become a role; `assumed`: it acts as the role then, and no longer as itself.

    A trail calls whoever comes from outside by what they are at home, and not by what the role trusts them as.
    """
    for trust in trusting.of(role, account):
        outside = {"untraced": True} if trust.ref.type == names.OUTSIDE else {}
        yield Grant(
            principal=trust.ref,
            entitlement=Ref(names.ASSUME, role.arn),
            origin=trust.origin,
            instance=role.id,
            condition=trust.condition,
            native={"holder": trust.name, "role": role.name, "assumed": True, "inherit": False} | outside,
        )


def effect(found: Collection[Policy]) -> Effect:
    """Say what policies do: those that allow nothing are there to deny."""
    return Effect.ALLOW if any(each.allows for policy in found for each in policy.statements) else Effect.DENY


def conditions(policy: Policy, document: Mapping[str, Any]) -> str:
    """Return the conditions where all that a policy allows hangs on some."""
    if not all(each.conditions for each in policy.statements if each.allows):
        return ""
    listed = document["Statement"]
    found = [each["Condition"] for each in (listed if isinstance(listed, list) else [listed]) if "Condition" in each]
    return names.canonical(found) if found else ""
