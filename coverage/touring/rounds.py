"""
Rounds of vehicles from a depot, short in all: a well-kept library does the searching.

PyVRP (Wouda, Lan & Kool 2024) searches by iterated local search. It proves nothing: what it finds
is a feasible plan, priced afresh here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ..siting.answers import Watch

if TYPE_CHECKING:
    from pyvrp import ProblemData

Whole = npt.NDArray[np.int64]
SEED = 441802
EVER = np.iinfo(np.int64).max
BARRED = 1 << 40
"""Length of a leg that does not exist: longer than any round, small enough to be added up."""


@dataclass(frozen=True, eq=False)
class Errand:
    """
    What the rounds must do: n stops beside the depot, which is number 0.

    Parameters
    ----------
    length
        Shape (n + 1, n + 1), of the legs: what is kept small; whole, any unit.
    duration
        Shape (n + 1, n + 1), of the legs; whole, any unit of time.
    vehicles
        There are so many rounds at most.
    service
        Shape (n,), time at each stop.
    load, capacity
        Shape (n,), what each stop takes of the capacity of a round; None sets no limit.
    early, late
        Shape (n,), when service may begin; with `closing` for the way back to the depot.
    groups
        Stops (from 1) of which exactly one is visited; all others are visited.
    most_length, most_duration
        Of one round, inclusive; waiting and service included in the second.
    """

    length: Whole
    duration: Whole
    vehicles: int
    service: Whole | int = 0
    load: Whole | None = None
    capacity: int | None = None
    early: Whole | int = 0
    late: Whole | int = EVER
    closing: int = EVER
    groups: Sequence[Sequence[int]] = field(default=())
    most_length: int | None = None
    most_duration: int | None = None

    @property
    def stops(self) -> int:
        """How many there are beside the depot."""
        return len(self.length) - 1


@dataclass(frozen=True)
class Rounds:
    """Orders of stops (from 1), one a round, and their length; `found` tells if all rules hold."""

    orders: tuple[tuple[int, ...], ...]
    length: int
    found: bool


def rounds(
    errand: Errand, *, iterations: int = 5_000, watch: Watch | None = None, seed: int = SEED
) -> Rounds:
    """
    Find short rounds.

    Parameters
    ----------
    iterations
        Of the search: the same number gives the same rounds on every machine, as long as the watch
        does not end the search before.
    """
    from pyvrp import solve
    from pyvrp.stop import MaxIterations, MaxRuntime, MultipleCriteria

    seconds = np.inf if watch is None else max(watch.left, 0.05)
    limits = [MaxRuntime(seconds)] if np.isfinite(seconds) else []
    stop = MultipleCriteria([MaxIterations(iterations), *limits])
    best = solve(_data(errand), stop, seed=seed, collect_stats=False, display=False).best
    orders = tuple(
        tuple(one.idx + 1 for one in route.schedule() if one.is_client())
        for route in best.routes()
    )  # fmt: skip
    orders = tuple(order for order in orders if order)
    return Rounds(orders, round_length(errand, orders), kept(errand, orders))


def _data(errand: Errand) -> ProblemData:
    """Return the errand in PyVRP's words; a stop's number there is one less than here."""
    from pyvrp import Client, ClientGroup, Depot, Location, ProblemData, VehicleType

    stops = errand.stops
    group = {stop - 1: number for number, one in enumerate(errand.groups) for stop in one}
    service, early, late = (
        np.broadcast_to(np.asarray(part, np.int64), (stops,))
        for part in (errand.service, errand.early, errand.late)
    )
    load = None if errand.capacity is None or errand.load is None else errand.load
    clients = [
        Client(
            stop + 1, delivery=[] if load is None else [int(load[stop])],
            service_duration=int(service[stop]), tw_early=int(early[stop]),
            tw_late=int(late[stop]), required=stop not in group, group=group.get(stop),
        )
        for stop in range(stops)
    ]  # fmt: skip
    vehicle = VehicleType(
        errand.vehicles, capacity=[] if load is None else [int(errand.capacity or 0)],
        tw_late=errand.closing,
        shift_duration=EVER if errand.most_duration is None else errand.most_duration,
        max_distance=EVER if errand.most_length is None else errand.most_length,
    )  # fmt: skip
    groups = [ClientGroup([stop - 1 for stop in one]) for one in errand.groups]
    places = [Location(0, 0) for _ in range(stops + 1)]
    legs: list[Any] = [np.minimum(part, BARRED) for part in (errand.length, errand.duration)]
    return ProblemData(places, clients, [Depot(0)], [vehicle], [legs[0]], [legs[1]], groups)


def round_length(errand: Errand, orders: Sequence[Sequence[int]]) -> int:
    """Return the length of rounds, there and back."""
    ways = [leg for order in orders for leg in pairwise((0, *order, 0))]
    return int(sum(int(errand.length[leg]) for leg in ways))


def kept(errand: Errand, orders: Sequence[Sequence[int]]) -> bool:
    """Tell whether rounds keep every rule, reckoned from the errand alone."""
    visited = [stop for order in orders for stop in order]
    grouped = [set(one) for one in errand.groups]
    lone = set(range(1, errand.stops + 1)) - set().union(*grouped)
    whole = len(visited) == len(set(visited)) and lone <= set(visited)
    whole &= all(len(one & set(visited)) == 1 for one in grouped)
    return whole and len(orders) <= errand.vehicles and all(_fits(errand, o) for o in orders)


def _fits(errand: Errand, order: Sequence[int]) -> bool:
    loads = [] if errand.load is None else [int(errand.load[stop - 1]) for stop in order]
    if errand.capacity is not None and sum(loads) > errand.capacity:
        return False
    if any(errand.length[leg] >= BARRED for leg in pairwise((0, *order, 0))):
        return False
    if errand.most_length is not None and round_length(errand, [order]) > errand.most_length:
        return False
    return _in_time(errand, order)


def _in_time(errand: Errand, order: Sequence[int]) -> bool:
    """Tell whether windows and the longest duration are kept, leaving as late as can be."""
    service, early, late = (
        np.broadcast_to(np.asarray(part, np.int64), (errand.stops,))
        for part in (errand.service, errand.early, errand.late)
    )
    clock, slack, waited, before = 0, EVER, 0, 0
    for stop in order:
        clock += int(errand.duration[before, stop])
        # Waiting can be saved by leaving later, as far as later windows allow.
        wait = max(int(early[stop - 1]) - clock, 0)
        waited, clock = waited + wait, clock + wait
        if clock > late[stop - 1]:
            return False
        slack = min(slack, int(late[stop - 1]) - clock + waited)
        clock += int(service[stop - 1])
        before = stop
    clock += int(errand.duration[before, 0])
    if clock > errand.closing:
        return False
    slack = min(slack, errand.closing - clock + waited)
    saved = min(slack, waited)
    return errand.most_duration is None or clock - saved <= errand.most_duration
