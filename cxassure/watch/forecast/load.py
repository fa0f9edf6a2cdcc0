"""How many contacts there are at once: Little's law, and Erlang C where people answer.

Little's law (J. D. C. Little, 1961): at once on average = arrivals a second × seconds each. The
number at once of independent arrivals is Poisson, of which 99 of 100 moments must be borne.
Erlang C (A. K. Erlang, 1917): agents so that the promised part of the callers waits no longer.
"""

from __future__ import annotations

import math

from cxassure.forecast import Band, Demand, Service

LITTLE = "Little's law, 99 of 100 moments"
ERLANG = "Erlang C"
LARGE = 20_000.0
"""Above this many at once the chance of waiting is computed no more: spread is nothing to it."""

_Z99 = 2.3263


def demand(channel: str, busiest: Band, service: Service) -> Demand:
    """What a channel must bear in an hour with `busiest` contacts: planned at the upper end."""
    told = service.seconds.get(channel)
    seconds = service.assumed if told is None else told
    staffed = channel in service.staffed
    high = offered(busiest.high, seconds)
    needed = (
        agents(high, seconds, service.target, service.within)
        if staffed and high <= LARGE
        else borne(high)
    )
    return Demand(
        channel=channel,
        busiest=busiest,
        seconds=seconds,
        assumed=told is None,
        method=_erlang(service) if staffed and high <= LARGE else LITTLE,
        at_once=offered(busiest.mid, seconds),
        needed=needed,
    )


def _erlang(service: Service) -> str:
    return f"{ERLANG}, {service.target:.0%} within {service.within:g} s"


def offered(contacts: float, seconds: float) -> float:
    """Contacts at once on average, in erlang: so many an hour, of so many seconds each."""
    return contacts * seconds / 3600


def borne(load: float) -> int:
    """The number at once that 99 of 100 moments don't exceed, where `load` is the mean."""
    if load <= 0:
        return 0
    if load > 500:
        return math.ceil(load + _Z99 * math.sqrt(load))
    term = total = math.exp(-load)
    count = 0
    while total < 0.99:
        count += 1
        term *= load / count
        total += term
    return max(count, 1)


def waits(load: float, staff: int) -> float:
    """Erlang C: the chance that a caller must wait, 1 where there are not enough for the load."""
    if staff <= load:
        return 1.0
    blocked = 1.0
    for n in range(1, staff + 1):
        blocked = load * blocked / (n + load * blocked)
    return staff * blocked / (staff - load * (1 - blocked))


def agents(load: float, seconds: float, target: float, within: float) -> int:
    """The fewest agents with which `target` of the callers wait at most `within` seconds."""
    if load <= 0:
        return 0
    low, high = math.floor(load) + 1, math.floor(load) + 2
    while _answered(load, high, seconds, within) < target:
        low, high = high, high + (high - math.floor(load))
    while low < high:
        middle = (low + high) // 2
        if _answered(load, middle, seconds, within) < target:
            low = middle + 1
        else:
            high = middle
    return low


def _answered(load: float, staff: int, seconds: float, within: float) -> float:
    """The part of the callers who wait at most `within` seconds."""
    return 1 - waits(load, staff) * math.exp(-(staff - load) * within / seconds)
