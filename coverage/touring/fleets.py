"""What a tour is planned for and with: fleets of units, who is to be reached, and the plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..siting.answers import Status
from .trips import Trips, Whole

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Fleet:
    """
    Units of one kind, what they can do, and when.

    Parameters
    ----------
    trips
        That can be made in one period (a day of a van, a stay of a set), n of them over h hosts.
    cost
        Shape (n,), whole: kept small among plans that reach as many; `budget` limits it.
    reach
        Shape (h, q): the places that a stop at a host serves.
    open
        Shape (k, h): the hosts that can be visited in periods of each of k kinds.
    periods
        Shape (k,): unit-periods of each kind.
    most_visits
        Shape (h,): of a host, over all periods.
    budget
        Most cost over all trips.
    dates
        Shape (k,): different periods of each kind, where several units share them; no trip is made
        twice in one. By default as many as `periods`.
    once
        Whether a place that several units serve in periods of one kind is served once for each of
        its `dates` at most: two sets in one neighbourhood at one time are one visit.
    """

    trips: Trips
    cost: Whole
    reach: Flags
    open: Flags
    periods: Whole
    most_visits: Whole
    budget: int | None = None
    dates: Whole | None = None
    once: bool = False

    @property
    def most_times(self) -> Whole:
        """How often a trip can be made in periods of each kind, shape (k,)."""
        return self.periods if self.dates is None else np.minimum(self.periods, self.dates)


@dataclass(frozen=True, eq=False)
class Wish:
    """
    Who is to be reached.

    Parameters
    ----------
    weight
        Shape (q,), whole: people of each place that count.
    visits
        A place is reached when it is served in so many periods or more; shape (q,) or one for all.
    floors
        Pairs of an amount by place, shape (q,), whole, and the least sum over places reached.
    everybody
        All places with weight must be reached; then only cost is kept small.
    """

    weight: Whole
    visits: Whole | int = 1
    floors: Sequence[tuple[Whole, int]] = ()
    everybody: bool = False

    @property
    def needed(self) -> Whole:
        """Visits by place, shape (q,)."""
        return np.broadcast_to(np.asarray(self.visits, np.int64), self.weight.shape)


@dataclass(frozen=True, eq=False)
class Made:
    """
    Trips that a plan makes.

    Parameters
    ----------
    fleet, trip, kind, times
        Alike long: the number of the fleet, of the trip in it, the kind of period, how often.
    value
        Weight reached, reckoned afresh from the trips.
    bound
        No plan that keeps the floors as well reaches more.
    cost
        Of all trips.
    cost_bound
        No plan that reaches `value` costs less; -inf where nothing was proved.
    status, cost_status
        Of the value, and of the cost given the value: `optimal`, `within`, `heuristic`;
        `infeasible` where it is proved that no plan keeps the floors (or reaches everybody).
    shortfalls
        By floor: the amount that it lacks.
    """

    fleet: Whole
    trip: Whole
    kind: Whole
    times: Whole
    value: int
    bound: float
    cost: int
    cost_bound: float
    status: Status
    cost_status: Status
    shortfalls: tuple[int, ...]
    seconds: float


def served(fleets: Sequence[Fleet], made: Made) -> Whole:
    """Return in how many periods each place is served, shape (q,): a trip serves a place once."""
    total = np.zeros(fleets[0].reach.shape[1], np.int64)
    for number, fleet in enumerate(fleets):
        counts = np.zeros((len(fleet.periods), len(total)), np.int64)
        for at in np.flatnonzero(made.fleet == number):
            stops = fleet.trips.stops[made.trip[at]]
            serves = fleet.reach[stops[stops >= 0]].any(axis=0)
            counts[made.kind[at]] += made.times[at] * serves
        total += counts_once(fleet, counts)
    return total


def counts_once(fleet: Fleet, counts: Whole) -> Whole:
    """Return visits by place, shape (q,), from those by kind of period, shape (k, q)."""
    most = fleet.most_times[:, None] if fleet.once else np.iinfo(np.int64).max
    return np.asarray(np.minimum(counts, most).sum(axis=0), np.int64)
