"""The program of a tour in rows and columns: who serves whom, when, and what it costs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix, eye_array, hstack, vstack

from ..siting.milp import Program
from .fleets import Flags, Fleet, Wish
from .trips import Whole, served_by

Aim = Literal["weight", "cost"]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Table:
    """
    Fleets and wish, places joined that no plan can tell apart.

    Parameters
    ----------
    weight, needed
        Of the joined places, shape (p,): what they weigh, and how many visits they want.
    member
        Shape (p,): one of the places joined.
    reach
        By fleet, shape (h + 1, p); the last row, of no stop, serves nothing.
    """

    fleets: Sequence[Fleet]
    wish: Wish
    weight: Whole
    needed: Whole
    member: npt.NDArray[np.intp]
    reach: Sequence[Flags]
    amounts: Whole
    """Shape (floors, p): what the joined places add to each floor."""
    own: tuple[int, ...]
    """Rows of each fleet: periods by kind, hosts, budget; places by kind if they count once."""

    @property
    def fine(self) -> int:
        """What one that a floor lacks costs: more than all others together."""
        return int(self.wish.weight.sum()) + 1


def table_of(fleets: Sequence[Fleet], wish: Wish) -> Table:
    """Join places that are served by the same hosts and need as many visits."""
    marks = [fleet.reach for fleet in fleets]
    reachable = np.vstack(marks).any(axis=0)
    asked = np.array([amount for amount, _ in wish.floors], np.int64)
    asked = asked.reshape(len(wish.floors), len(wish.weight))
    _, level = np.unique(wish.needed, return_inverse=True)
    marks += [level.ravel()[None] == one for one in range(int(level.max(initial=0)) + 1)]
    whole = np.vstack(marks)
    wanted = (wish.weight > 0) | asked.any(axis=0)
    keep = np.flatnonzero(wanted & (reachable | wish.everybody))
    packed = np.packbits(whole[:, keep], axis=0)
    _, first, group = np.unique(packed, axis=1, return_index=True, return_inverse=True)
    joined = csr_matrix((np.ones(len(keep), np.int64), (group.ravel(), np.arange(len(keep)))),
                        (len(first), len(keep)))  # fmt: skip
    weight = joined @ wish.weight[keep]
    amounts = (joined @ asked[:, keep].T).T
    if wish.everybody:
        if not wish.floors:  # to a floor each place adds its own
            hosts = whole[: _hosts(fleets), keep[first]]
            hardest = _hardest(hosts, wish.needed[keep[first]])
            first, weight, amounts = first[hardest], weight[hardest], amounts[:, hardest]
        weight = np.minimum(weight, 1)
    member = keep[first]
    reach = [
        np.vstack([fleet.reach[:, member], np.zeros((1, len(first)), bool)]) for fleet in fleets
    ]
    own = tuple(
        len(f.periods) + len(f.most_visits) + 1 + f.once * len(f.periods) * len(first)
        for f in fleets
    )
    return Table(fleets, wish, weight, wish.needed[member], member, reach, amounts, own)


def _hosts(fleets: Sequence[Fleet]) -> int:
    return sum(len(fleet.reach) for fleet in fleets)


def _hardest(reached: Flags, needed: Whole) -> npt.NDArray[np.intp]:
    """Return the columns that no other lies within: who serves them so often, serves all."""
    hosts = reached.astype(np.int64)
    inside = hosts.T @ hosts == hosts.sum(axis=0)[:, None]
    inside &= needed[:, None] >= needed[None, :]
    np.fill_diagonal(inside, False)
    return np.flatnonzero(~inside.any(axis=0))


def program_of(
    table: Table, columns: Sequence[Whole], aim: Aim, reached: int, short: Floats
) -> Program:
    """
    Return the program of the columns taken up: trips first, then who is reached, then what lacks.

    Parameters
    ----------
    columns
        By fleet: trip and kind of period.
    reached, short
        For the aim `cost`: the weight that must be reached, and what the floors may lack.
    """
    blocks, gain, upper = [], [], []
    places, floors = len(table.weight), len(table.wish.floors)
    for number, fleet in enumerate(table.fleets):
        trip, kind = columns[number].T
        blocks.append(_block(table, number, trip, kind))
        gain.append(-fleet.cost[trip].astype(float) if aim == "cost" else np.zeros(len(trip)))
        upper.append(fleet.most_times[kind].astype(float))
    whole = sum(map(len, gain))
    for number, fleet in enumerate(table.fleets):
        if fleet.once:
            blocks.append(_counts(table, number))
            upper.append(np.repeat(fleet.most_times.astype(float), places))
            gain.append(np.zeros(len(upper[-1])))
    trips = sum(map(len, gain))
    need = csr_matrix((-table.needed.astype(float), (range(places),) * 2), (places, places))
    apart = csr_matrix((blocks[0].shape[0] - places, places))
    rows = [hstack([*blocks, vstack([need, apart]), csr_matrix((blocks[0].shape[0], floors))])]
    low, high = _limits(table)
    for number, (_, least) in enumerate(table.wish.floors):
        inside = table.amounts[number]
        lack = csr_matrix(([1.0], ([0], [number])), (1, floors))
        rows.append(hstack([csr_matrix((1, trips)), csr_matrix(inside[None].astype(float)), lack]))
        low.append(float(least))
        high.append(math.inf)
    worth, least_served = table.weight.astype(float), np.zeros(places)
    lacks, fine = np.full(floors, math.inf), np.full(floors, -float(table.fine))
    if aim == "cost":
        total = csr_matrix(table.weight[None].astype(float))
        rows.append(hstack([csr_matrix((1, trips)), total, csr_matrix((1, floors))]))
        low.append(float(reached))
        high.append(math.inf)
        worth, fine, lacks = np.zeros(places), np.zeros(floors), short
        if reached == table.weight.sum():
            least_served = (table.weight > 0).astype(float)
    return Program(
        np.concatenate([*gain, worth, fine]),
        np.concatenate([np.zeros(trips), least_served, np.zeros(floors)]),
        np.concatenate([*upper, np.ones(places), lacks]),
        np.repeat([True, False, True, False], [whole, trips - whole, places, floors]),
        vstack(rows).tocsr(), np.array(low), np.array(high),
    )  # fmt: skip


def _limits(table: Table) -> tuple[list[float], list[float]]:
    """Return the least and the most of the rows of places, and of those that fleets own."""
    low, high = [0.0] * len(table.weight), [math.inf] * len(table.weight)
    for number, fleet in enumerate(table.fleets):
        budget = math.inf if fleet.budget is None else float(fleet.budget)
        mine = [*fleet.periods.astype(float), *fleet.most_visits.astype(float), budget]
        links = table.own[number] - len(mine)
        low += [*[-math.inf] * len(mine), *[0.0] * links]
        high += [*mine, *[math.inf] * links]
    return low, high


def _block(table: Table, number: int, trip: Whole, kind: Whole) -> csr_matrix:
    """Return the columns of one fleet: whom they serve, and what they take of its own rows."""
    fleet, own, places = table.fleets[number], table.own, len(table.weight)
    stops = fleet.trips.stops[trip]
    covers = csr_matrix(served_by(table.reach[number], stops).T, dtype=float)
    count = len(trip)
    hosts = csr_matrix(
        (np.ones(int((stops >= 0).sum())), (stops[stops >= 0], np.nonzero(stops >= 0)[0])),
        shape=(len(fleet.most_visits), count),
    )
    when = csr_matrix((np.ones(count), (kind, np.arange(count))), (len(fleet.periods), count))
    cost = csr_matrix(fleet.cost[trip][None].astype(float))
    rows = [covers, csr_matrix((sum(own[:number]), count)), when, hosts, cost]
    if fleet.once:
        place, column = covers.nonzero()
        links = csr_matrix(
            (np.ones(len(place)), (kind[column] * places + place, column)),
            (len(fleet.periods) * places, count),
        )
        rows = [csr_matrix((places, count)), *rows[1:], links]
    return csr_matrix(vstack([*rows, csr_matrix((sum(own[number + 1 :]), count))]))


def _counts(table: Table, number: int) -> csr_matrix:
    """Return the columns that count visits by kind of period and place, where they count once."""
    own, places, kinds = table.own, len(table.weight), len(table.fleets[number].periods)
    count = kinds * places
    covers = hstack([eye_array(places)] * kinds)
    before = sum(own[:number]) + own[number] - count
    above, below = csr_matrix((before, count)), csr_matrix((sum(own[number + 1 :]), count))
    return csr_matrix(vstack([covers, above, -eye_array(count), below]))
