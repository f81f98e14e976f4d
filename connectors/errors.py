"""
Every way in which a connector says no.

    ConnectorError
    ├── ConfigInvalid       the configuration must be edited
    ├── AuthFailed          our own credential was refused
    ├── NotPermitted        the credential is good, a right is missing: the message says which
    ├── NotFound            the principal or entitlement is not there
    ├── Unsupported         no capability for this: a person must do it
    ├── Refused             a rule of the system forbids it: the message says which
    ├── Conflict            it is not what it was: read again and decide again, never try again
    ├── SchemaDrift         the answer is not what we know how to read
    ├── Incomplete          less was seen than must be there: nothing may be called absent
    ├── Transient           nothing was done; try later          (retryable)
    │   └── RateLimited     the same, and `retry_after` says when (retryable)
    └── OutcomeUnknown      sent, and no answer came: verify first, then decide

A connector never retries. Only what is `retryable` may be tried again by its caller without a look.
"""

from typing import ClassVar


class ConnectorError(Exception):
    """A connector could not do what it was asked; no message ever holds a secret."""

    retryable: ClassVar[bool] = False

    def __init__(self, message: str, *, native_code: str = "", retry_after: float | None = None) -> None:
        super().__init__(message)
        self.native_code = native_code
        self.retry_after = retry_after  # seconds


class ConfigInvalid(ConnectorError):
    """The configuration is wrong; only an operator can cure it."""


class AuthFailed(ConnectorError):
    """The system refused the connector's own credential."""


class NotPermitted(ConnectorError):
    """The connector was let in but lacks a right; the message says which."""


class NotFound(ConnectorError):
    """What was asked about is not there at all."""


class Unsupported(ConnectorError):
    """The system, or this connector, has no such verb for this type: it is a task for a person."""


class Refused(ConnectorError):
    """A rule of the system forbids it; trying again would be refused again."""


class Conflict(ConnectorError):
    """The system is not in the state that the decision was about, or changed meanwhile."""


class SchemaDrift(ConnectorError):
    """The system answered something that this connector does not understand."""


class Incomplete(ConnectorError):
    """The system showed less than we know to be there, so that its silence proves nothing."""


class Transient(ConnectorError):
    """Nothing was done, and it may well work later."""

    retryable = True


class RateLimited(Transient):
    """The system asked us to slow down."""


class OutcomeUnknown(ConnectorError):
    """The request was sent and the answer was lost: it may or may not have been done."""
