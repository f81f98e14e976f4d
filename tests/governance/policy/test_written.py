"""A query that was written once asks what the query itself would ask now."""

from datetime import timedelta

import pytest
from django.core.exceptions import EmptyResultSet

from governance.checking import dates
from governance.checking.judging import OF_AGENTS, OF_GRANTS
from governance.models import Grant, Parameters
from governance.observing import describing
from governance.policy import facts, written
from governance.policy.terms import Terms

pytestmark = pytest.mark.django_db  # Django asks the server for its version before it writes

JUDGEMENTS = [*OF_GRANTS, *OF_AGENTS]
OF_ONE = [facts.of_one, describing.seen_of]
OF_MANY = [dates.dated, *(query for each in JUDGEMENTS for query in (each.new, each.again, each.over))]
LATER = timedelta(days=9000, hours=7, microseconds=12)
MOMENTS = (written.EPOCH, written.EPOCH + LATER, written.EPOCH - LATER)
PARAMETERS = (Parameters(), Parameters(unused_runs=1, unused_run_seconds=3600, unused_seconds=7200))


def asked(query, terms, key=written.KEY):
    sql, params = query(terms).query.sql_with_params()
    return sql, [key if param == written.KEY else param for param in params]


@pytest.mark.parametrize("parameters", PARAMETERS)
@pytest.mark.parametrize("prepared", [False, True])
@pytest.mark.parametrize("query", OF_ONE + OF_MANY, ids=lambda query: query.__qualname__)
def test_it_asks_the_same_at_every_moment(query, prepared, parameters):
    for moment in MOMENTS:
        terms = Terms(moment, parameters, prepared)
        assert written.sql(query, terms) == asked(query, terms)


@pytest.mark.parametrize("query", OF_ONE)
def test_it_asks_about_the_row_that_is_named(query):
    terms = Terms(MOMENTS[1], PARAMETERS[0])
    assert written.sql(query, terms, key=77) == asked(query, terms, key=77)
    assert 77 in written.sql(query, terms, key=77)[1]


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
