"""How much hangs on an account, in SQL: what it holds, and what it may by itself."""

from django.db.models import F, IntegerField, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce, Greatest

from governance.models import Grant


def held(account: str = "") -> QuerySet[Grant]:
    """Return, in a sub-query, what an account holds; `account` is the way to it, such as `account__`."""
    return Grant.objects.held().filter(account=OuterRef(f"{account}pk"))


def riskiest(account: str = "") -> Greatest:
    """Return the highest score of what an account holds, and of what it may by itself; zero where that is nothing."""
    return Greatest(riskiest_held(account), F(f"{account}own_risk"), output_field=IntegerField())


def riskiest_held(account: str = "") -> Coalesce:
    """Return the highest score of what an account holds; zero where that is nothing."""
    highest = held(account).order_by("-risk").values("risk")[:1]
    return Coalesce(Subquery(highest, output_field=IntegerField()), Value(0))
