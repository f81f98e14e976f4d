"""A scan of an AWS account: what users sign in with, roles that trust whole accounts, and CloudTrail as it lies."""

import gzip
import json
import re
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from config.embedded import cloud
from connectors.advising import Address
from governance.errors import Invalid
from governance.scanning import Order, Scan, scan
from governance.scanning.page import page
from governance.scanning.plain import plain
from governance.scanning.using import Files
from tests.connectors.aws.account import NUMBER, Cloud, allow, deny, emptied, trusting
from tests.governance.scanning.test_scan import of

TRAIL = Path("tests/data/cloudtrail.zip")
PERSON, ROLE = "AIDATFQR7NSC5AU2ZV3IE", "AROATFQR7NSCWWVLB7BES"  # of whom records of that trail tell
OTHER = "999988887777"
ROOT = "arn:aws:iam::{}:root".format
ASSUMED = "arn:aws:iam::123837392027:role/stratus-red-team-ec2-steal-credentials-role"  # by a service, in that trail
HERE = f"arn:aws:iam::{NUMBER}:role"
OUTSIDE = {"Condition": {"StringEquals": {"sts:ExternalId": "x"}}}


@pytest.fixture(scope="module")
def account(cloud_url):
    """Keys of 100, 40 and 0 days; roles that trust this account, another one and a service."""
    with emptied(cloud_url) as made:
        build(made)
        yield made


def build(made: Cloud) -> None:
    made.user("idle", allow("*"))
    made.user("busy", allow("ec2:Describe*", "s3:GetObject"))
    made.user("shut", allow("*"))
    made.person("rosa", allow("s3:*"))
    made.person("disguised", allow("s3:GetObject"))
    cloud.age(made.url, days=60)
    made.user("static", allow("sts:AssumeRole", resource=f"{HERE}/dele*"))
    made.user("denied", allow("sts:AssumeRole"), deny("sts:AssumeRole", resource=f"{HERE}/delegated"))
    cloud.age(made.url, days=40)
    made.user("new", allow("sqs:*"))
    reads = made.policy("reads", allow("s3:GetObject"))
    made.role("delegated", trusting(ROOT(NUMBER)), attached=reads)
    made.role("unreached", trusting(NUMBER), attached=made.policy("network", allow("ec2:*")))
    made.role("vendor", trusting(ROOT(OTHER), OTHER, **OUTSIDE), attached=made.policy("escalating", allow("iam:*")))
    made.role("runner", trusting(), attached=reads)
    made.role("waker", trusting(), attached=reads)
    made.role("sleeper", trusting(), attached=reads)
    with made.unguarded() as iam:
        iam.update_access_key(UserName="shut", AccessKeyId=made.keys["shut"][0], Status="Inactive")
    use_keys_of(made, "busy", "disguised")


def use_keys_of(made: Cloud, *names: str) -> None:
    for name in names:
        made.client("sts", made.keys[name]).get_caller_identity()


def scanned(account: Cloud, files: Files | None = None) -> Scan:
    return scan(Order(Address("aws", {}, "", "aws://"), files), account.connector())


@pytest.fixture(scope="module")
def found(account):
    return json.loads(plain(scanned(account)))


class TestCredentials:
    """A row a credential, with all that the checks say of it."""

    def test_each_that_can_be_used_is_told_once(self, found):
        rows = [row for row in found["rows"] if row["entitlement"].startswith("access key ")]
        assert {(row["holder"], row["check"], row["risk"]) for row in rows} == {
            ("idle", "unused_credential", "critical"),
            ("busy", "old_credential", "medium"),
            ("static", "static_credential", "medium"),
            ("denied", "static_credential", "medium"),
            ("rosa", "unused_credential", "medium"),
            ("disguised", "old_credential", "medium"),
        }, "not the one that reads, no new one, none that is shut; a password makes none better"
        assert of(found["rows"], "no_owner_found", "busy")
        assert of(found["rows"], "no_owner_found", "disguised"), "a key of it is used"
        assert not of(found["rows"], "no_owner_found", "rosa"), "a person answers for their own"

    def test_what_else_is_said_of_it_is_said_there(self, found, account):
        (row,) = of(found["rows"], "unused_credential", "idle")
        assert row["why"].startswith("Never used in 100 days, as its system told on ")
        assert "100 days ago, and has not been replaced. It never expires" in row["why"]
        key = account.keys["idle"][0]
        assert row["paths"] == [["idle", f"access key {key}", "own, inline in user idle"]]
        assert row["fix"]["text"].endswith(f"--user-name idle --access-key-id {key} --status Inactive")

    def test_the_account_is_called_by_its_number(self, found):
        assert found["system"]["name"] == f"the account {NUMBER}"

    def test_who_may_not_list_keys_is_told_the_rest(self, account):
        key = account.user("half", allow("iam:GetAccountAuthorizationDetails", "iam:GetAccountSummary"))
        told = json.loads(plain(scan(Order(Address("aws", {}, "it", "aws://")), account.connector(key))))
        assert told["rows"]
        assert not told["coverage"]["complete"]
        assert "It did not show all of: what accounts sign in with." in told["coverage"]["unseen"][0]["text"]
        with account.unguarded() as iam:
            iam.delete_access_key(UserName="half", AccessKeyId=key[0])


@pytest.mark.parametrize(
    ("secret", "said"),
    [
        (None, r"docs/how-to/scan\.md names the rights that a scan needs"),
        ("wrong", "get-caller-identity --profile blind"),
    ],
)
def test_a_refusal_says_what_helps_in_aws(account, tmp_path, monkeypatch, secret, said):
    number, true = account.user(f"blind{secret}")
    shared = tmp_path / "credentials"
    shared.write_text(f"[blind]\naws_access_key_id = {number}\naws_secret_access_key = {secret or true}\n")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(shared))
    with pytest.raises(CommandError, match=said):
        call_command("scan", f"aws://blind?region=eu-central-1&endpoint_url={account.url}", json=True)


class TestWholeAccounts:
    """A role that trusts one is told once, and by no row of that account's own."""

    def test_of_its_own_account_it_is_said_who_is_let(self, found):
        (row,) = of(found["rows"], "trusts_account", "delegated")
        assert "static (inline policy own), beside 2 accounts that may do everything anyway." in row["why"]
        assert "denied" not in row["why"]
        assert row["paths"] == [["Whoever this account lets", "delegated", "reads"]]
        (row,) = of(found["rows"], "trusts_account", "unreached")
        assert "that is denied (inline policy own), beside 2 accounts" in row["why"]

    def test_of_another_account_nobody_is_named(self, found):
        (row,) = of(found["rows"], "trusts_account", "vendor")
        assert row["risk"] == "critical"
        assert row["why"].count(f"the account {OTHER} and nobody in it: who may is decided there.") == 1
        assert "Only under a condition, which was not worked out: sts:ExternalId." in row["why"]
        assert row["confidence"].startswith("Likely")
        assert row["fix"]["text"].count("aws iam update-assume-role-policy --role-name vendor") == 2, "named twice"
        assert not [each for each in found["rows"] if OTHER in each["holder"]]


def records() -> list[dict[str, Any]]:
    """What the recorded trail holds."""
    with zipfile.ZipFile(TRAIL) as pack:
        return [record for name in pack.namelist() for record in json.loads(pack.read(name))["Records"]]


@pytest.fixture
def trail(account, tmp_path):
    """trail(days): the recorded person and roles as busy, runner and waker, over so many days until yesterday."""
    with account.unguarded() as iam:
        busy = iam.get_user(UserName="busy")["User"]["UserId"]
        runner = iam.get_role(RoleName="runner")["Role"]["RoleId"]

    def write(days: int, **strange: str) -> Path:
        listed = sorted(records(), key=lambda each: each["eventTime"])
        ends = datetime.now(UTC) - timedelta(days=1)
        for number, each in enumerate(listed):
            at = ends - timedelta(days=days) * (1 - number / (len(listed) - 1))
            each["eventTime"] = f"{at:%Y-%m-%dT%H:%M:%SZ}"
        text = json.dumps({"Records": [*listed, *[listed[-1] | strange] * bool(strange)]})
        text = text.replace(PERSON, busy).replace(ROLE, runner).replace(ASSUMED, f"{HERE}/waker")
        folder = tmp_path / "CloudTrail" / "us-east-1"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "trail.json.gz").write_bytes(gzip.compress(text.encode()))
        return tmp_path / "CloudTrail"

    return write


class TestCloudTrail:
    """What the trail shows was not used is said, and nothing that it may not show."""

    def test_a_role_that_nobody_assumed_is_told_whatever_it_may(self, account, trail):
        told = scanned(account, Files(trail(30)))
        unused = {(row.holder, row.entitlement): row.why for row in told.rows if row.check == "never_used"}
        assert "Nobody assumed sleeper in 30 days from" in unused["sleeper", "reads"]
        assert "Nobody assumed unreached" in unused["unreached", "network"]
        assert not [what for _, what in unused if what.startswith("assume ")], "that is said of what the role holds"
        holders = {holder for holder, _ in unused}
        assert "runner" not in holders, "it acted, though nothing that it did was let through"
        assert "waker" not in holders, "a service assumed it"
        assert "busy" not in holders, "it read what a trail may leave out"
        assert ("static", "own, inline in user static") in unused, "to assume a role is shown of everybody"
        assert not holders & {"new", "idle"}, "nor what they may do to data"
        html = page(told)
        assert "CloudTrail tells of use from" in html
        assert re.search(r"\d+ uses, last on", html), "busy's"

    def test_a_short_look_proves_nothing(self, account, trail):
        told = scanned(account, Files(trail(6)))
        assert not [row for row in told.rows if row.check == "never_used"]
        (said,) = [each["text"] for each in json.loads(plain(told))["coverage"]["unseen"] if each["title"] == "Use"]
        assert "That is 6 whole days, and policy wants 7: nothing is called unused." in said

    def test_a_record_that_cannot_be_read_may_be_anybodys_use(self, account, trail):
        told = scanned(account, Files(trail(30, userIdentity="nobody")))
        assert not [row for row in told.rows if row.check == "never_used"]
        assert [reason for _, _, reason in told.usage.refused] == ["userIdentity names nobody"]

    def test_the_log_of_another_account_is_refused(self, account):
        with pytest.raises(Invalid, match=r"no line is of an account that is there.*It is the log of another system"):
            scanned(account, Files(TRAIL))
