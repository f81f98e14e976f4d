"""A query that was written once asks what the query itself would ask now."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Case, TextField, Value, When

from governance.checking import dates, scores
from governance.checking.judging import OF_AGENTS, OF_GRANTS
from governance.models import Coverage, Grant, Parameters
from governance.observing import describing
from governance.policy import facts, preparing, rating, written
from governance.policy.terms import Terms
from tests.factories import ClaimFactory, ExposureFactory, GrantFactory, OwnershipFactory, SourceFactory

pytestmark = pytest.mark.django_db  # Django asks the server for its version before it writes

JUDGEMENTS = [*OF_GRANTS, *OF_AGENTS]
OF_ONE = [facts.of_one, rating.of_one, describing.seen_of]
OF_MANY = [
    dates.dated,
    dates.quiet,
    scores.changed,
    scores.changed_by_use,
    preparing.known_of_systems,
    preparing.known_of_accounts,
    preparing.known_of_entitlements,
    preparing.deciding_runs,
    *(query for each in JUDGEMENTS for query in (each.new, each.again, each.over)),
]
LATER = timedelta(days=9000, hours=7, microseconds=12)
MOMENTS = (written.EPOCH, written.EPOCH + LATER, written.EPOCH - LATER)
PARAMETERS = (Parameters(), Parameters(unused_runs=1, unused_run_seconds=3600, unused_seconds=7200))


def odd(terms):
    """Whatever would be read wrongly if it were not escaped."""
    said = Value("100 %s of 'it' %(at)s {} 50%", output_field=TextField())
    late = Case(When(held_since__lt=terms.at, then=Value("%%")), default=Value("%"), output_field=TextField())
    grants = Grant.objects.filter(pk=written.KEY).exclude(origin__contains="%s'")
    return grants.annotate(said=said, late=late).values_list("pk", "said", "late")


def asked(query, terms, key=written.KEY):
    sql, params = query(terms).query.sql_with_params()
    return sql, [key if param == written.KEY else param for param in params]


@pytest.mark.parametrize(
    ("prepared", "parameters", "between"),
    [(False, PARAMETERS[0], False), (True, PARAMETERS[1], False), (True, PARAMETERS[0], True)],
)
@pytest.mark.parametrize("query", [*OF_ONE, *OF_MANY], ids=lambda query: query.__qualname__)
def test_it_asks_the_same_at_every_moment(query, prepared, parameters, between):
    for number, moment in enumerate(MOMENTS):
        terms = Terms(moment, parameters, prepared, between=(number, number + 9) if between else None)
        told = written.sql(query, terms, many=written.MANY)
        assert repr(told) == repr(asked(query, terms)), "JSON equals nothing but itself"


def test_many_are_whichever_are_asked_about():
    terms = Terms(written.EPOCH, PARAMETERS[0])
    for many in ([], [7], [3, 1, 2]):
        _, params = written.sql(preparing.known_of_entitlements, terms, many=many)
        assert many in params
        assert written.MANY not in params


def test_parameters_that_differ_in_an_object_alone_are_others():
    other = replace(PARAMETERS[0], risk_weights={**PARAMETERS[0].risk_weights, "everyone": 16})
    assert hash(other) == hash(PARAMETERS[0])
    texts = [written.sql(scores.changed, Terms(written.EPOCH, each)) for each in (PARAMETERS[0], other)]
    assert texts[0] != texts[1]


@pytest.mark.parametrize("query", [*OF_ONE, odd], ids=lambda query: query.__qualname__)
@pytest.mark.parametrize("parameters", PARAMETERS)
def test_about_one_row_the_answer_is_the_same_at_every_moment(query, parameters):
    grants = GrantFactory.create_batch(2, held_since=MOMENTS[0])
    OwnershipFactory(agent=ClaimFactory(account=grants[1].account).agent)
    ExposureFactory(account=grants[1].account)
    source = SourceFactory(system=grants[0].account.system)
    ends = MOMENTS[0] + timedelta(days=9)
    Coverage.objects.create(source=source, system=source.system, starts_at=MOMENTS[0], ends_at=ends)
    answers = set()
    for moment in MOMENTS * 3:  # at first PostgreSQL plans each anew
        terms = Terms(moment, parameters)
        for grant in grants:
            answer = written.row(query, terms, key=grant.pk)
            with connection.cursor() as cursor:
                cursor.execute(*asked(query, terms, key=grant.pk))
                assert answer == cursor.fetchone()
            answers.add(answer)
    assert len(answers) > 1
    assert written.row(query, Terms(MOMENTS[0], parameters), key=0) is None


def test_of_what_can_have_no_row_there_is_none():
    with pytest.raises(EmptyResultSet):
        written.row(nothing, Terms(written.EPOCH, PARAMETERS[0]), key=1)


def test_it_is_written_once():
    times = []

    def query(terms):
        times.append(terms.at)
        return Grant.objects.all()

    for moment in MOMENTS:
        written.sql(query, Terms(moment, PARAMETERS[0]))
    assert times == [written.EPOCH]
    written.sql(query, Terms(MOMENTS[0], PARAMETERS[1]))
    assert len(times) == 2, "other parameters are another query"


def test_what_can_have_no_row_says_so_every_time():
    for _ in range(2):
        with pytest.raises(EmptyResultSet):
            written.sql(nothing, Terms(written.EPOCH, PARAMETERS[0]))


def nothing(terms):
    return Grant.objects.none()
