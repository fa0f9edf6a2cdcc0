"""Little's law and Erlang C against known figures and against each other."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxassure.forecast import Band, Service
from cxassure.watch.forecast.load import agents, borne, demand, offered, waits


def test_at_once_is_arrivals_times_length():
    assert offered(120, 300) == 10
    assert offered(0, 300) == 0


@pytest.mark.parametrize(
    ("load", "staff", "chance"), [(1, 2, 1 / 3), (2, 3, 4 / 9), (10, 14, 0.1741)]
)
def test_the_chance_of_waiting_is_erlangs(load, staff, chance):
    assert waits(load, staff) == pytest.approx(chance, rel=1e-3)


def test_agents_are_the_textbooks():
    """100 calls in half an hour, three minutes each, 80 of 100 within 20 s: 14 agents."""
    assert agents(offered(200, 180), 180, 0.8, 20) == 14
    assert agents(0, 180, 0.8, 20) == 0


@given(st.floats(0.01, 3000), st.floats(10, 3600), st.floats(0.5, 0.99), st.floats(0, 120))
def test_the_fewest_agents_keep_the_promise_and_one_less_does_not(load, seconds, target, within):
    staff = agents(load, seconds, target, within)

    def kept(n):
        return 1 - waits(load, n) * math.exp(-(n - load) * within / seconds)

    assert staff > load
    assert kept(staff) >= target
    assert staff - 1 <= load or kept(staff - 1) < target


@given(st.floats(0, 1e9))
def test_more_must_be_borne_than_the_mean(load):
    assert borne(load) >= load
    assert borne(load) <= load + 3 * math.sqrt(load) + 5


def test_the_exact_and_the_near_way_agree_where_they_meet():
    assert borne(500) == pytest.approx(borne(500.001), abs=2)


@given(st.floats(0, 1e7), st.booleans())
def test_a_demand_is_planned_at_the_upper_end(contacts, staffed):
    service = Service(seconds={"ivr": 200.0}, staffed=("ivr",) if staffed else ())
    band = Band(low=contacts / 2, mid=contacts, high=contacts * 2)
    found = demand("ivr", band, service)
    assert found.needed >= offered(contacts * 2, 200)
    assert found.at_once == pytest.approx(offered(contacts, 200))
    assert ("Erlang" in found.method) == (staffed and offered(contacts * 2, 200) <= 20_000)
