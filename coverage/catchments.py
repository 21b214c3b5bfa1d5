"""
What people can reach by area, told in several ways that need not agree, and what each conserves.

Means hide how unevenly access is spread: the measures of equity tell it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from geopandas import GeoDataFrame

from ..geo.errors import StudyError
from .access import opportunities, supply
from .decay import Floats, Step, luo_qi, potentials
from .floating import balanced, spatial_availability, three_step, two_step
from .question import Question
from .sentences import GROUP_WORDS
from .share import admitted, area_mask, scopes

PER_PEOPLE = 10_000
"""Shares of supply are printed for so many people."""
VENUES = "处"
MEASURES = (
    "cumulative",
    *(f"potential_{name}" for name in potentials(1.0)),
    "2sfca", "e2sfca", "3sfca", "bfca", "availability", "e2sfca_capacity",
)  # fmt: skip
NOTES = ("", "E-CAPACITY-NONE", "E-CAPACITY-UNITS")
"""Why there is no value: capacities that are not stated, or in several units."""


def per_people(unit: str, group: str) -> str:
    """Return the unit of supply for so many of a group: that of one is not that of another."""
    return f"{unit}/万{GROUP_WORDS[group] or '人'}"


@dataclass(frozen=True, eq=False)
class Told:
    """
    A measure at p places.

    Parameters
    ----------
    measure, unit
        Of `MEASURES`, and as printed.
    values
        Shape (p,); None where it cannot be measured.
    conserved, expected
        What its law adds up over all places, and what that must be; None where there is no law.
    note
        Of `NOTES`.
    """

    measure: str
    unit: str
    values: Floats | None
    conserved: float | None = None
    expected: float | None = None
    note: str = ""


def catchments_table(
    questions: Sequence[Question], venues: GeoDataFrame, demand: GeoDataFrame, towns: GeoDataFrame
) -> pd.DataFrame:
    """
    Return access by standard, measure and scope.

    Zones of E2SFCA up to the limit for all that share supply, so that they can be compared.

    Returns
    -------
    DataFrame
        `standard`, `measure` (`MEASURES`), `scope`, `code`, `people`, `value`, `unit`, `conserved`,
        `expected`, `note` (`NOTES`). `value` is the mean over people, missing where nobody lives:
        venues within the limit; venues weighted by each of `decay.potentials`; supply for 10 000
        people (`2sfca`, `e2sfca`, `3sfca`, `bfca`; `e2sfca_capacity`: capacity). Of `availability`
        it is the sum:
        the venues that fall to the people of the scope. `conserved` and `expected`, where the
        measure has a law, are the two sides of it over the whole district.
    """
    names, members = scopes(demand, towns)
    keys, crowds, values = [], [], []
    for ask in questions:
        standard = ask.standard
        people = demand[standard.group].to_numpy(np.int64) * area_mask(demand, standard.area)
        crowd = members.astype(np.int64) @ people
        for told in _told(ask, people, venues):
            keys.append((standard.key, told.measure, told.unit, told.conserved, told.expected,
                         told.note))  # fmt: skip
            crowds.append(crowd)
            values.append(_by_scope(told, people, members, crowd))
    columns = ["standard", "measure", "unit", "conserved", "expected", "note"]
    told_once = pd.DataFrame(keys, columns=columns)
    table = told_once.loc[told_once.index.repeat(len(names))].reset_index(drop=True)
    for column in ("code", "scope"):
        table.insert(2, column, np.tile(names[column].to_numpy(), len(keys)))
    table.insert(4, "people", np.concatenate(crowds))
    table.insert(5, "value", np.concatenate(values))
    return table.astype(dict.fromkeys(("value", "conserved", "expected"), "Float64"))


def _by_scope(
    told: Told, people: npt.NDArray[np.int64], members: npt.NDArray[np.bool_],
    crowd: npt.NDArray[np.int64],
) -> Floats:  # fmt: skip
    """Return the mean over the people of each scope, of availability the sum."""
    found = np.full(len(members), np.nan)
    if told.values is not None:
        is_sum = told.measure == "availability"
        sums = np.where(members, told.values * (1 if is_sum else people), 0.0).sum(axis=1)
        np.divide(sums, 1 if is_sum else crowd, out=found, where=crowd > 0)
    return found


def _told(ask: Question, people: npt.NDArray[np.int64], venues: GeoDataFrame) -> Iterator[Told]:
    standard, ticks = ask.standard, ask.times.ticks
    known = admitted(venues, standard)[0]
    ticks, held, decay = ticks[:, known], np.ones(int(known.sum())), luo_qi(standard.minutes)
    each = per_people(VENUES, standard.group)
    yield Told("cumulative", VENUES, opportunities(ticks, held, Step(standard.minutes)))
    for name, falling in potentials(standard.minutes).items():
        yield Told(f"potential_{name}", VENUES, opportunities(ticks, held, falling))
    for measure, method, weights in (
        ("2sfca", two_step, Step(standard.minutes)), ("e2sfca", two_step, decay),
        ("3sfca", three_step, decay),
    ):  # fmt: skip
        found = method(ticks, held, people, weights)
        shared = float(np.sum(found.access * people))
        yield Told(measure, each, found.access * PER_PEOPLE, shared, found.reached)
    found = balanced(ticks, held, people, decay)
    access = found.access * PER_PEOPLE
    ratios = float(np.sum(found.ratio)) * PER_PEOPLE
    yield Told("bfca", each, access, float(np.sum(access)), ratios)
    available = spatial_availability(ticks, held, people, decay)
    yield Told("availability", VENUES, available, float(np.sum(available)), found.reached)
    yield _of_capacity(ask, people, venues, known)


def _of_capacity(
    ask: Question, people: npt.NDArray[np.int64], venues: GeoDataFrame,
    known: npt.NDArray[np.bool_],
) -> Told:  # fmt: skip
    """Return E2SFCA by capacity, or why it cannot be told."""
    standard = ask.standard
    try:
        held = supply(venues, standard.types, count="capacity", group=standard.group)
    except StudyError as error:
        return Told("e2sfca_capacity", "", None, note=error.faults[0].code)
    amounts = np.where(known, held.amounts, 0.0)
    found = two_step(ask.times.ticks, amounts, people, luo_qi(standard.minutes))
    shared = float(np.sum(found.access * people))
    unit = per_people(held.unit, standard.group)
    return Told("e2sfca_capacity", unit, found.access * PER_PEOPLE, shared, found.reached)
