"""Access keys of the agent's account: made, asked about, shut, and looked at."""

from datetime import timedelta

from connectors.base import Ref
from governance import checking, clock
from governance.models import Credential
from reviews import asking, evidence, opening
from reviews.models import Decision, Item, Remediation, Verdict
from tests.factories import CredentialFactory
from tests.reviews.scene import again, done, only_act


def a_key(scene, **more) -> Credential:
    made: Credential = CredentialFactory(**{"account": scene.account} | more)
    scene.target.keys[ref(made)] = True
    return made


def ref(key: Credential) -> Ref:
    return Ref(key.native_type, key.native_id)


def ask(key: Credential) -> Item:
    """The question that the checks lead to."""
    checking.check_credentials()
    opening.open_reviews()
    return Item.objects.open().get(credential=key)


def revoked(scene, key: Credential) -> Decision:
    item = ask(key)
    scene.decide(item, Verdict.REVOKE)
    return Decision.objects.get(item=item)


def shut(scene, key: Credential) -> Remediation:
    """What a person's revoke did: the key is shut, and that was seen."""
    return done(only_act(revoked(scene, key)))


def time_passes(act: Remediation) -> None:
    """The time for which a key is only shut is over."""
    Decision.objects.filter(pk=act.decision_id).update(undo_until=clock.now() - timedelta(seconds=1))
    Remediation.objects.filter(pk=act.pk).update(removes_at=clock.now() - timedelta(seconds=1), leased_until=None)


def tried(item: Item) -> None:
    """What asking looks up before the question is put."""
    [untried] = asking.untried(item.review)
    asking.preview(untried)


def view(item: Item) -> evidence.ItemView:
    [shown] = evidence.card(again(item.review)).items
    return shown
