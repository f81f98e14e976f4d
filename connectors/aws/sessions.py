"""
Clients of AWS, and what its refusals mean.

Nothing is tried twice: boto's own retries are off. A client is made where it is first needed, and lives as long as its
connector.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any

import boto3
import botocore.loaders
import botocore.session
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    HTTPClientError,
    ProxyConnectionError,
    SSLError,
)
from botocore.parsers import ResponseParserError

from connectors.aws.settings import Settings
from connectors.base import Secret
from connectors.errors import (
    AuthFailed,
    ConfigInvalid,
    ConnectorError,
    NotFound,
    NotPermitted,
    OutcomeUnknown,
    RateLimited,
    Refused,
    SchemaDrift,
    Transient,
)

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_sts import STSClient

LOADER = botocore.loaders.create_loader()  # what AWS's services look like: read once a process
SESSION_NAME = "countersign"

# https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html, and those of IAM's own calls
MEANINGS: dict[str, type[ConnectorError]] = {
    **dict.fromkeys(("AccessDenied", "AccessDeniedException", "UnauthorizedOperation"), NotPermitted),
    **dict.fromkeys(
        (
            "AuthFailure",
            "ExpiredToken",
            "IncompleteSignature",
            "InvalidClientTokenId",
            "MissingAuthenticationToken",
            "OptInRequired",
            "SignatureDoesNotMatch",
            "UnrecognizedClientException",
        ),
        AuthFailed,
    ),
    **dict.fromkeys(("NoSuchEntity", "NoSuchEntityException"), NotFound),
    **dict.fromkeys(
        ("RequestLimitExceeded", "Throttling", "ThrottlingException", "TooManyRequestsException"), RateLimited
    ),
    **dict.fromkeys(("ConcurrentModification", "EntityTemporarilyUnmodifiable"), Transient),
    **dict.fromkeys(
        ("DeleteConflict", "LimitExceeded", "MalformedPolicyDocument", "PolicyNotAttachable", "UnmodifiableEntity"),
        Refused,
    ),
}
NOT_SENT = (ConnectTimeoutError, EndpointConnectionError, ProxyConnectionError, SSLError)


class Door:
    """Whoever we sign in as, in one account."""

    def __init__(self, settings: Settings, secret: Secret | None) -> None:
        self.settings = settings
        self.secret = secret

    @cached_property
    def iam(self) -> "IAMClient":
        """Who may do what."""
        with asking():
            return self.session.client("iam", **self.manner)

    @cached_property
    def sts(self) -> "STSClient":
        """Who we are."""
        with asking():
            return self.session.client("sts", **self.manner)

    @cached_property
    def own(self) -> boto3.Session:
        """Whoever signs in."""
        return session(profile_name=self.settings.profile or None, **self.own_key())

    @cached_property
    def session(self) -> boto3.Session:
        """Whoever we are in the end: who signs in, or the role that it assumes."""
        own = self.own
        if not self.settings.role_arn:
            return own
        more: Any = {"ExternalId": self.settings.external_id} if self.settings.external_id else {}
        with asking():
            sts: STSClient = own.client("sts", **self.manner)
            given = sts.assume_role(RoleArn=self.settings.role_arn, RoleSessionName=SESSION_NAME, **more)["Credentials"]
        return session(
            aws_access_key_id=given["AccessKeyId"],
            aws_secret_access_key=given["SecretAccessKey"],
            aws_session_token=given["SessionToken"],
        )

    def own_key(self) -> dict[str, str]:
        """Return the access key that we were given, if any. ConfigInvalid where half of it is missing."""
        if not self.settings.access_key_id:
            return {}
        if self.secret is None or not self.secret.reveal():
            raise ConfigInvalid("the secret access key of access_key_id is missing")
        return {
            "aws_access_key_id": self.settings.access_key_id,
            "aws_secret_access_key": self.secret.reveal(),
        }

    @property
    def manner(self) -> dict[str, Any]:
        """Return how a client is made."""
        once = Config(
            retries={"total_max_attempts": 1, "mode": "standard"},
            connect_timeout=self.settings.connect_timeout,
            read_timeout=self.settings.read_timeout,
            user_agent_extra="countersign",
        )
        endpoint = {"endpoint_url": self.settings.endpoint_url} if self.settings.endpoint_url else {}
        return {"region_name": self.settings.region, "config": once, **endpoint}

    def close(self) -> None:
        """Let go of the connections."""
        for name in ("iam", "sts"):
            client = self.__dict__.pop(name, None)
            if client is not None:
                client.close()


def session(**given: Any) -> boto3.Session:
    """Make a session that looks services up where all others do."""
    with asking():
        core = botocore.session.get_session()
        core.register_component("data_loader", LOADER)
        return boto3.Session(botocore_session=core, **given)


@contextmanager
def asking(*, changes: bool = False) -> Iterator[None]:
    """Say in the contract's words why AWS did not do it. `changes`: where no answer came, it may have been done."""
    try:
        yield
    except ClientError as error:
        raise meant(error, changes=changes) from error
    except NOT_SENT as error:
        raise Transient(f"AWS cannot be reached: {error}") from error
    except HTTPClientError as error:
        raise (OutcomeUnknown if changes else Transient)(f"no answer of AWS: {error}") from error
    except ResponseParserError as error:
        raise SchemaDrift(f"the answer of AWS cannot be read: {error}") from error
    except BotoCoreError as error:
        raise ConfigInvalid(f"AWS cannot be asked: {error}") from error


def meant(error: ClientError, *, changes: bool) -> ConnectorError:
    """Translate a refusal; what AWS had an accident with may have been done."""
    code = error.response.get("Error", {}).get("Code", "")
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    said = error.response.get("Error", {}).get("Message", "") or str(error)
    kind = MEANINGS.get(code)
    if kind is None and status >= 500:  # noqa: PLR2004 - HTTP's own
        kind = OutcomeUnknown if changes else Transient
    return (kind or SchemaDrift)(f"{error.operation_name}: {said}", native_code=code)
