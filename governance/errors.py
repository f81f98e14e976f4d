"""
Refusals of the domain. Only the edge knows status codes.

    Refusal
    ├── NotAllowed     this person may not do this
    ├── Conflict       somebody was faster; read again
    ├── Drifted        what was shown is no longer true; it is asked again
    └── Invalid        the input names no thing, or a wrong one; says which field and what to do
"""


class Refusal(Exception):
    """The domain says no; the message is for the person who asked."""


class NotAllowed(Refusal):
    """This person may not do this, and the message says who may."""


class Conflict(Refusal):
    """Somebody else was faster: the row is no longer in the state that the caller saw."""


class Drifted(Refusal):
    """The facts changed for the worse since they were shown."""


class Invalid(Refusal):
    """Bad input; the message names the field and the fix. `field`: which of the verb's it is, where that is known."""

    def __init__(self, message: str, *, field: str = "") -> None:
        super().__init__(message)
        self.field = field
