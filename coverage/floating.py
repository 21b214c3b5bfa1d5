"""
Supply shared among those who can reach it: the family of floating catchments.

2SFCA (Luo & Wang 2003), E2SFCA (Luo & Qi 2009), 3SFCA (Wan, Zou & Sternberg 2012), BFCA (Paez et
al. 2019) and spatial availability (Soukhov et al. 2023). Which of the first two is a question of
the decay alone. What cannot be reached contributes 0; nothing is ever divided by nobody.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .access import blocks
from .decay import Decay, Floats, TickTable

Weigh = Callable[[Floats], Floats]


@dataclass(frozen=True, eq=False)
class Floating:
    """
    Answer of a floating catchment.

    Parameters
    ----------
    access
        Shape (p,), supply for each person, unit of the supply per person; 0 where none is reached.
    demand
        Shape (v,), weighted people who come to each venue.
    ratio
        Shape (v,), supply for each of them; 0 where nobody comes or nothing is offered.
    reached
        Supply of the venues that somebody comes to: what 2SFCA, E2SFCA and 3SFCA share out to the
        last bit, Σ_i people_i · access_i = reached.
    """

    access: Floats
    demand: Floats
    ratio: Floats
    reached: float


def two_step(
    ticks: TickTable, amounts: npt.ArrayLike, people: npt.ArrayLike, decay: Decay
) -> Floating:
    """
    Share each venue among the people around it: 2SFCA with `Step`, E2SFCA with any other decay.

    R_j = S_j / Σ_i P_i W_ij; A_i = Σ_j R_j W_ij.

    Parameters
    ----------
    ticks
        Shape (p, v).
    amounts
        Shape (v,), of one unit.
    people
        Shape (p,), who share the venues.
    decay
        Weight by time.
    """
    held, crowd, seats = _counted(amounts, people)
    demand = _come(ticks, seats, decay, crowd, lambda weights: weights)
    ratio = _ratio(held, demand)
    access = _gather(ticks, seats, decay, ratio, lambda weights: weights)
    return Floating(access, demand, ratio, float(held[demand > 0].sum()))


def three_step(
    ticks: TickTable, amounts: npt.ArrayLike, people: npt.ArrayLike, decay: Decay
) -> Floating:
    """
    Share venues among people who choose between them: 3SFCA.

    G_ij = W_ij / Σ_k W_ik; R_j = S_j / Σ_i G_ij P_i W_ij; A_i = Σ_j G_ij R_j W_ij. Only venues with
    supply are chosen from. More supply elsewhere may lower the access of some.

    Parameters
    ----------
    ticks, amounts, people, decay
        As for `two_step`.
    """
    held, crowd, seats = _counted(amounts, people)

    def chosen(weights: Floats) -> Floats:
        return _by_row(weights) * weights

    demand = _come(ticks, seats, decay, crowd, chosen)
    ratio = _ratio(held, demand)
    access = _gather(ticks, seats, decay, ratio, chosen)
    return Floating(access, demand, ratio, float(held[demand > 0].sum()))


def balanced(
    ticks: TickTable, amounts: npt.ArrayLike, people: npt.ArrayLike, decay: Decay
) -> Floating:
    """
    Share people among venues and venues among places without inflating either: BFCA.

    R_j = S_j / Σ_i P_i (f_ij / Σ_k f_ik); A_i = Σ_j R_j f_ij / Σ_k f_kj. Everybody who reaches a
    venue is counted once: Σ_j demand_j = their number, and Σ_i A_i = Σ_j R_j.

    Parameters
    ----------
    ticks, amounts, people, decay
        As for `two_step`. Only venues with supply attract people.
    """
    held, crowd, seats = _counted(amounts, people)
    demand = _come(ticks, seats, decay, crowd, _by_row)
    pull = _come(ticks, seats, decay, np.ones(len(crowd)), lambda weights: weights)
    ratio = _ratio(held, demand)
    access = _gather(ticks, seats, decay, _ratio(ratio, pull), lambda weights: weights)
    return Floating(access, demand, ratio, float(held[demand > 0].sum()))


def spatial_availability(
    ticks: TickTable,
    amounts: npt.ArrayLike,
    people: npt.ArrayLike,
    decay: Decay,
    *,
    crowding: float = 1.0,
) -> Floats:
    """
    Divide each venue among places in proportion to people^crowding and closeness.

    V_i = Σ_j S_j · P_i^a f_ij / Σ_k P_k^a f_kj, shape (p,), in the unit of the supply: they add up
    to the supply that is reached. Places without people get nothing. With crowding 1,
    V_i / P_i is the access of `two_step`.

    Parameters
    ----------
    ticks, amounts, people, decay
        As for `two_step`.
    crowding
        a, how strongly numbers count, above 0.
    """
    held, crowd, seats = _counted(amounts, people)
    mass = crowd**crowding
    demand = _come(ticks, seats, decay, mass, lambda weights: weights)
    shared = _gather(ticks, seats, decay, _ratio(held, demand), lambda weights: weights)
    return np.asarray(mass * shared)


def _counted(
    amounts: npt.ArrayLike, people: npt.ArrayLike
) -> tuple[Floats, Floats, npt.NDArray[np.int64]]:
    """Return amounts (v,), people (p,) and the numbers of the venues that offer something."""
    held = np.asarray(amounts, float)
    return held, np.asarray(people, float), np.flatnonzero(held)


def _come(
    ticks: TickTable, seats: npt.NDArray[np.int64], decay: Decay, people: Floats, weigh: Weigh
) -> Floats:
    """Return the weighted people who come to each venue, shape (v,), 0 for those without supply."""
    demand = np.zeros(ticks.shape[1])
    for rows in blocks(len(ticks), len(seats)):
        weights = weigh(decay(ticks[rows][:, seats]))
        demand[seats] += np.einsum("i,ij->j", people[rows], weights)
    return demand


def _gather(
    ticks: TickTable, seats: npt.NDArray[np.int64], decay: Decay, ratio: Floats, weigh: Weigh
) -> Floats:
    """Return the sum of the ratios within reach of each place, weighted, shape (p,)."""
    access = np.zeros(len(ticks))
    for rows in blocks(len(ticks), len(seats)):
        weights = weigh(decay(ticks[rows][:, seats]))
        access[rows] = np.einsum("ij,j->i", weights, ratio[seats])
    return access


def _by_row(weights: Floats) -> Floats:
    """Divide weights by the sum of their row; rows without any stay 0."""
    total = weights.sum(axis=1, keepdims=True)
    shares = np.zeros_like(weights)
    np.divide(weights, total, out=shares, where=total > 0)
    return shares


def _ratio(part: Floats, whole: Floats) -> Floats:
    ratio = np.zeros_like(part)
    np.divide(part, whole, out=ratio, where=whole > 0)
    return ratio
