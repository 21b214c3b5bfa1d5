"""
Which trips to make, how often: the period covering tour, by columns.

Every trip that can be made is a column. The linear program takes up those that pay at its prices
until none does; its value is a bound for all of them. Then the columns that could still belong to a
better plan are all put in and the program in whole numbers is solved to its proof
(Baldacci, Christofides & Mingozzi 2008 do so for vehicle routes).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from ..siting.answers import Status, Watch
from ..siting.milp import Program, solve
from .fleets import Flags, Fleet, Made, Wish, served
from .program import Aim, Floats, program_of, table_of
from .trips import Whole, served_by, worth_while

COLUMNS_A_ROUND = 400
MOST_COLUMNS = 150_000
"""Whole-number programs are not made larger than this."""
CHUNK_TRIPS = 20_000
ROUNDING = 1e-5
PAYS = 1e-6
"""A column enters when it improves the program by more than this."""


def plan(fleets: Sequence[Fleet], wish: Wish, watch: Watch, *, cheapest: bool = True) -> Made:
    """
    Reach as much weight as can be, and among such plans make the cheapest.

    Parameters
    ----------
    cheapest
        Whether to go on to the cheapest.

    Raises
    ------
    ValueError
        Shapes that do not fit.
    """
    if any(fleet.reach.shape != (len(fleet.most_visits), len(wish.weight)) for fleet in fleets):
        raise ValueError("reach is hosts x places")
    master = _Master(fleets, wish)
    if not len(master.table.weight) and not wish.floors:
        sure: Status = "infeasible" if wish.everybody and wish.weight.any() else "optimal"
        return replace(_nothing(0.0, watch), cost_bound=0.0, status=sure, cost_status="optimal")
    best = master.search("weight", watch.part(watch.left * 0.7) if cheapest else watch)
    if best.x is None:
        return _nothing(best.bound, watch)
    short = master.settle(best.x)
    bound = math.floor(best.bound + ROUNDING) if math.isfinite(best.bound) else math.inf
    cheap = master.search("cost", watch) if cheapest else _Found(None, 0.0, math.inf, ())
    made = master.made(best if cheap.x is None else cheap)
    reached = int(wish.weight[served(fleets, made) >= wish.needed].sum())
    proved = master.penalised(best.x) >= bound
    if any(short) or (wish.everybody and reached < wish.weight.sum()):
        status: Status = "infeasible" if proved else "heuristic"
    else:
        status = "optimal" if proved else "within" if bound < math.inf else "heuristic"
    return replace(
        made,
        value=reached,
        bound=float(reached) if proved else float(bound),
        cost_bound=-cheap.bound,
        status=status,
        cost_status=_cost_status(made.cost, -cheap.bound),
        shortfalls=short,
        seconds=watch.elapsed,
    )


def _nothing(bound: float, watch: Watch) -> Made:
    none = np.zeros(0, np.int64)
    return Made(
        none, none, none, none, 0, bound, 0, -math.inf, "heuristic", "heuristic", (), watch.elapsed
    )


def _cost_status(cost: int, bound: float) -> Status:
    if not math.isfinite(bound):
        return "heuristic"
    return "optimal" if cost - bound < 1 - 1e-6 else "within"


@dataclass(frozen=True, eq=False)
class _Found:
    """A solution with the columns that it is made of: by fleet, trip and kind of period."""

    x: Floats | None
    value: float
    bound: float
    columns: tuple[Whole, ...]


class _Master:
    """The program over the columns taken up so far."""

    def __init__(self, fleets: Sequence[Fleet], wish: Wish) -> None:
        self.fleets, self.wish = fleets, wish
        self.table = table_of(fleets, wish)
        self.good = [
            worth_while(fleet.trips, fleet.cost, reach)
            for fleet, reach in zip(fleets, self.table.reach, strict=True)
        ]
        self.columns = [np.zeros((0, 2), np.int64) for _ in fleets]
        """By fleet: trip and kind of period."""
        self.reached, self.short = 0, np.zeros(len(wish.floors))

    def search(self, aim: Aim, watch: Watch) -> _Found:
        """Find the best plan for an aim; the columns found stay for the next one."""
        bound, prices = math.inf, None
        while not watch.over:
            relaxed = solve(self._program(aim), watch, relaxed=True)
            if relaxed.row_dual is None:
                break
            came, more = self._take(aim, relaxed.row_dual)
            bound = min(bound, relaxed.value + more)
            if not came:
                prices = relaxed.row_dual
                break
        found = self._whole(aim, watch)
        if prices is None or found.x is None:
            return replace(found, bound=bound)
        slack = bound - found.value - 1.0
        if slack < -PAYS:
            return replace(found, bound=found.value)
        complete = self._fill(aim, prices, -slack - PAYS)
        again = self._whole(aim, watch)
        best = again if again.x is not None and again.value > found.value else found
        return replace(best, bound=min(bound, max(again.bound, best.value)) if complete else bound)

    def _program(self, aim: Aim) -> Program:
        return program_of(self.table, self.columns, aim, self.reached, self.short)

    def _whole(self, aim: Aim, watch: Watch) -> _Found:
        """Solve in whole numbers; the columns of then are kept with the solution."""
        solved = solve(self._program(aim), watch, step=1.0)
        return _Found(solved.x, solved.value, solved.bound, tuple(self.columns))

    def settle(self, x: Floats) -> tuple[int, ...]:
        """Hold what was reached, for the search for the cheapest; return what the floors lack."""
        self.reached = int(np.rint(self._part(x, "places")) @ self.table.weight)
        self.short = np.rint(self._part(x, "floors"))
        return tuple(int(lack) for lack in self.short)

    def _part(self, x: Floats, what: str) -> Floats:
        """Return the values of the places or of the floors' shortfalls."""
        end = len(x) - len(self.wish.floors)
        return x[end:] if what == "floors" else x[end - len(self.table.weight) : end]

    def penalised(self, x: Floats) -> int:
        """Return the weight reached less the fine for what the floors lack."""
        lack = int(np.rint(self._part(x, "floors")).sum())
        return int(np.rint(self._part(x, "places")) @ self.table.weight) - self.table.fine * lack

    def _allowed(self, fleet: int, kind: int) -> Flags:
        """Tell which trips have all hosts open in a kind of period."""
        one = self.fleets[fleet]
        if one.most_times[kind] <= 0:
            return np.zeros(len(one.trips), bool)
        openness = np.append(one.open[kind] & (one.most_visits > 0), True)
        return np.asarray(self.good[fleet] & openness[one.trips.stops].all(axis=1))

    def _gains(self, aim: Aim, prices: Floats) -> list[list[Floats]]:
        """Return by fleet and kind what each trip that is not in yet would improve; -inf if not."""
        at, gains = len(self.table.weight), []
        for number, fleet in enumerate(self.fleets):
            mine = prices[at : at + self.table.own[number]]
            at += self.table.own[number]
            rows = []
            for kind in range(len(fleet.periods)):
                if fleet.once or not kind:
                    served_pays = self._served_prices(number, kind, prices, mine)
                    pays = self._worth(number, aim, served_pays, mine)
                gain = np.where(self._allowed(number, kind), pays - mine[kind], -np.inf)
                taken = self.columns[number]
                gain[taken[taken[:, 1] == kind, 0]] = -np.inf
                rows.append(gain)
            gains.append(rows)
        return gains

    def _served_prices(self, number: int, kind: int, prices: Floats, mine: Floats) -> Floats:
        """Return what it pays to serve each place in a kind of period."""
        places = len(self.table.weight)
        if not self.fleets[number].once:
            return -prices[:places]
        links = mine[len(mine) - len(self.fleets[number].periods) * places :]
        return -links[kind * places : (kind + 1) * places]

    def _take(self, aim: Aim, prices: Floats) -> tuple[bool, float]:
        """Take up columns that improve; tell whether any came, and what all others could add."""
        came, more = False, 0.0
        for number, rows in enumerate(self._gains(aim, prices)):
            chosen = []
            for kind, gain in enumerate(rows):
                best = float(gain.max(initial=0.0))
                more += max(best, 0.0) * float(self.fleets[number].periods[kind])
                good = np.flatnonzero(gain > PAYS)
                chosen.append(good[np.argsort(-gain[good], kind="stable")[:COLUMNS_A_ROUND]])
            came |= self._add(number, chosen)
        return came, more

    def _fill(self, aim: Aim, prices: Floats, least: float) -> bool:
        """Take up all columns that improve by `least` or more; tell whether they fit."""
        fits = True
        for number, rows in enumerate(self._gains(aim, prices)):
            chosen = [np.flatnonzero(gain > least) for gain in rows]
            if sum(map(len, chosen)) + len(self.columns[number]) > MOST_COLUMNS:
                fits, each = False, MOST_COLUMNS // max(len(rows), 1)
                chosen = [
                    good[np.argsort(-gain[good], kind="stable")[:each]]
                    for good, gain in zip(chosen, rows, strict=True)
                ]
            self._add(number, chosen)
        return fits

    def _worth(self, number: int, aim: Aim, pays_served: Floats, mine: Floats) -> Floats:
        """Return what each trip improves at the prices, the period itself not yet paid."""
        fleet = self.fleets[number]
        end = len(fleet.periods) + len(fleet.most_visits)
        host = np.append(mine[len(fleet.periods) : end], 0.0)
        pays = -host[fleet.trips.stops].sum(axis=1) - mine[end] * fleet.cost
        if aim == "cost":
            pays = pays - fleet.cost
        for start in range(0, len(pays), CHUNK_TRIPS):
            part = slice(start, start + CHUNK_TRIPS)
            serves = served_by(self.table.reach[number], fleet.trips.stops[part])
            pays[part] += serves.astype(float) @ pays_served
        return np.asarray(pays, float)

    def _add(self, fleet: int, chosen: Sequence[npt.NDArray[np.intp]]) -> bool:
        pairs = [
            np.column_stack([trips, np.full(len(trips), kind)]) for kind, trips in enumerate(chosen)
        ]
        before = len(self.columns[fleet])
        self.columns[fleet] = np.unique(np.vstack([self.columns[fleet], *pairs]), axis=0)
        return len(self.columns[fleet]) > before

    def made(self, found: _Found) -> Made:
        """Return the trips of a solution."""
        whole = np.rint(np.asarray(found.x)).astype(np.int64)
        parts, at = [], 0
        for number, columns in enumerate(found.columns):
            times = whole[at : at + len(columns)]
            at += len(columns)
            some = times > 0
            parts.append(np.column_stack([np.full(some.sum(), number), columns[some], times[some]]))
        fleet, trip, kind, times = np.vstack(parts).T
        costs = [int(self.fleets[f].cost[t]) for f, t in zip(fleet, trip, strict=True)]
        cost = int(np.array(costs, np.int64) @ times)
        return replace(
            _nothing(math.inf, Watch()), fleet=fleet, trip=trip, kind=kind, times=times, cost=cost
        )
