"""SQL that the ORM does not bring."""

from collections.abc import Iterable
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Func, Value


class Digest(Func):
    """
    SHA-256 of a text's UTF-8, in hex. PostgreSQL's own function: Django's asks for pgcrypto.

    An index wants it immutable, which convert_to() is not; the cast is, once backslashes mean themselves.
    """

    template = r"encode(sha256(replace(%(expressions)s::text, '\', '\\')::bytea), 'hex')"
    output_field = models.CharField(max_length=64)

    @classmethod
    def sql(cls, text: str) -> str:
        """The same for a statement that is written by hand: an index is found by its very words."""
        return cls.template % {"expressions": text}


class Pattern(Func):
    """
    What LIKE takes for a pattern in which `*` is any run of characters, and `?` is any one.

    LIKE's own signs mean themselves in it. The one that parameters begin with is named by its number.
    """

    template = (
        r"translate(replace(replace(replace(%(expressions)s, '\', '\\'), chr(37), '\' || chr(37)), '_', '\_'),"
        r" '*?', chr(37) || '_')"
    )
    output_field = models.TextField()

    @classmethod
    def sql(cls, text: str) -> str:
        """The same for a statement that is written by hand."""
        return cls.template % {"expressions": text}


class Like(Func):
    """Whether a text is what a pattern means."""

    template = "(%(expressions)s)"
    arg_joiner = " LIKE "
    output_field = models.BooleanField()


class Cardinality(Func):
    """How many an array holds."""

    function = "cardinality"
    output_field = models.IntegerField()


class AnyOf(models.Lookup[Any]):
    """
    `unit = ANY(ARRAY(sub-query))`: one array, made once as the query starts.

    `IN` is up to 170 times slower (docs/adr/0009).
    """

    lookup_name = "any_of"

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        """Render both sides."""
        left, left_params = self.process_lhs(compiler, connection)
        right, right_params = self.process_rhs(compiler, connection)
        return f"{left} = ANY({right})", [*left_params, *right_params]


def key_array(keys: Iterable[int]) -> Value:
    """Return keys as one parameter, however many there are: what `any_of` looks among."""
    return Value(list(keys), ArrayField(models.BigIntegerField()))


models.ForeignKey.register_lookup(AnyOf)
models.BigAutoField.register_lookup(AnyOf)  # a row's own key
models.CharField.register_lookup(AnyOf)
