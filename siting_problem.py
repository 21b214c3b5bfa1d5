"""A study as a problem of siting: standards and candidates as rows, columns and rules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from geopandas import GeoDataFrame
from scipy.sparse import csr_matrix, vstack

from .coverage.audience import for_group
from .coverage.share import GROUPS, Standard, admitted, area_mask, nearest
from .coverage.siting.cover import Cover, Flags, Whole
from .coverage.siting.rules import Rules
from .coverage.times import Times, threshold_ticks, travel_times, within
from .geo.errors import Fault, StudyError
from .geo.routing import UNREACHED
from .siting_candidates import candidates_of, left_out, options_of
from .siting_points import Points, apart, elsewhere, one_a_site, too_near
from .study import Survey, times_for
from .study_keys import Study

KMH = {"walk": 4.0, "ebike": 15.0, "car": 30.0}
"""What a metre costs in time where a point is elsewhere: assumption."""


@dataclass(frozen=True, eq=False)
class Problem:
    """
    What is asked: s standards, m options (a candidate, and the type that would stand there).

    Parameters
    ----------
    study, measured
        The study.
    standards
        What shall be met; people of several standards are added up.
    candidates
        From `candidates_of`.
    options
        m rows: `site`, `type`, `action` (build, upgrade), `cost`, `capacity`.
    times
        By standard: places x candidates.
    """

    study: Study
    measured: Survey
    standards: tuple[Standard, ...]
    candidates: GeoDataFrame
    options: pd.DataFrame
    times: tuple[Times, ...]

    @property
    def number(self) -> Whole:
        """The candidate of each option, shape (m,)."""
        numbers = self.candidates.index.get_indexer(self.options["site"])
        return np.asarray(numbers, np.int64)

    @cached_property
    def fixed(self) -> Flags:
        """Which options are committed, shape (m,)."""
        return np.asarray((self.candidates["status"] == "committed").to_numpy()[self.number])

    @cached_property
    def forbidden(self) -> Flags:
        """
        Which options may not be opened, shape (m,).

        Forbidden, reached by nobody, or too near an open venue of their type.
        """
        no = ((self.candidates["status"] == "forbidden").to_numpy() | ~self.reached)[self.number]
        kind, spacing = self.options["type"].to_numpy(), self.study.sites.spacing_metres
        for one in np.unique(kind) if spacing > 0 else []:
            no = no | ((kind == one) & (self.stood_metres([one])[self.number] < spacing))
        return np.asarray(no & ~self.fixed)

    @cached_property
    def reached(self) -> Flags:
        """Which candidates anybody reaches at all, shape (c,)."""
        ways = [(times.ticks != UNREACHED).any(axis=0) for times in self.times]
        return np.asarray(np.logical_or.reduce(ways))

    @cached_property
    def left_out(self) -> list[Fault]:
        """Whether places were too many to be candidates all of them, and how far off they lie."""
        found = left_out(self.study, self.measured, self.candidates)
        return [] if found is None else [found]

    @property
    def meant_for_us(self) -> Flags:
        """Which candidates are for the people of any standard, shape (c,)."""
        suits = [for_group(self.candidates, standard.group) for standard in self.standards]
        return np.asarray(np.logical_or.reduce(suits))

    @cached_property
    def choosable(self) -> Flags:
        """Which candidates may be chosen, shape (c,)."""
        free = np.zeros(len(self.candidates), bool)
        free[self.number[~self.forbidden & ~self.fixed]] = True
        return free

    def stood_metres(self, types: Sequence[str]) -> npt.NDArray[np.float64]:
        """Return metres from each candidate to the nearest open venue of some types, shape (c,)."""
        venues, sites = self.measured.venues, self.candidates.geometry
        stand = venues[venues["type"].isin(list(types)) & (venues["status"] == "open")].geometry
        if stand.empty:
            return np.full(len(sites), np.inf)
        return np.asarray(sites.distance(stand.union_all()))

    @property
    def room(self) -> Whole | None:
        """People that each option serves at most, shape (m,); None where no number is given."""
        room = self.options["capacity"].to_numpy(np.int64)
        return np.where(room > 0, room, np.iinfo(np.int32).max) if room.any() else None

    def meant(self, standard: Standard) -> Whole:
        """Return the people that a standard is meant for, shape (p,)."""
        demand = self.measured.demand
        people = demand[standard.group].to_numpy(np.int64)
        return np.where(area_mask(demand, standard.area), people, 0)

    @property
    def people(self) -> int:
        """All people that the standards are meant for."""
        return sum(int(self.meant(standard).sum()) for standard in self.standards)

    def stand_now(self, standard: Standard, factor: float = 1.0) -> Whole:
        """
        Count the open venues within the limit of each place, up to the standard's number.

        `factor` stretches the limit, not the times.
        """
        times, venues = times_for(self.measured, standard), self.measured.venues
        among = admitted(venues, standard)[0]
        stood = np.zeros(len(times.places), np.int64)
        for k in range(1, standard.count + 1):
            found = nearest(times, venues, standard.types, count=k, among=among)
            stood += _within(found.ticks, standard.minutes, factor)
        return stood

    def reach(self, factor: float = 1.0, moved: Points | None = None) -> list[csr_matrix]:
        """Return by standard which option covers which place; a forbidden one covers nobody."""
        tables = []
        for standard, times in zip(self.standards, self.times, strict=True):
            good = self._near(standard, times.ticks, factor, moved)[:, self.number]
            suits = self.options["type"].isin(list(standard.types)).to_numpy()
            tables.append(csr_matrix(good & suits & ~self.forbidden))
        return tables

    def _near(self, standard: Standard, ticks: Any, factor: float, moved: Points | None) -> Flags:
        """Return which candidate is within the limit of which place, shape (p, c)."""
        if moved is None:
            return _within(ticks, standard.minutes, factor)
        return _within(self.moved_ticks(standard, ticks, moved), standard.minutes, factor)

    def moved_ticks(self, standard: Standard, ticks: Any, moved: Points) -> Any:
        """Return the times to candidates that are moved by metres, shape (c, 2)."""
        places, sites = self.measured.demand.geometry, self.candidates.geometry
        return elsewhere(ticks, places, sites, moved, KMH[standard.mode])

    @cached_property
    def cover(self) -> Cover:
        """The table of all standards, one below the other."""
        return self.cover_at()

    def cover_at(self, factor: float = 1.0, moved: Points | None = None) -> Cover:
        """Return the table at other speeds, or with candidates moved by metres, shape (c, 2)."""
        need = np.concatenate([s.count - self.stand_now(s, factor) for s in self.standards])
        weight = np.concatenate([self.meant(s) for s in self.standards])
        rows = csr_matrix(vstack(self.reach(factor, moved)))
        # Whom a crowded site serves is told by town and by town or country.
        kind = None if self.room is None else np.tile(self.ground, len(self.standards))
        return Cover.of(rows, weight, groups=self.groups, need=need, kind=kind)

    @property
    def ground(self) -> Whole:
        """Number the towns' urban and rural parts, shape (p,)."""
        demand = self.measured.demand
        town = self.measured.towns.index.get_indexer(demand["town"])
        return np.asarray(2 * town + demand["rural"].to_numpy(bool), np.int64)

    @cached_property
    def group_names(self) -> list[tuple[str, str]]:
        """Name the groups: urban, rural, every town, then groups of people that the table has."""
        people = [name for name in GROUPS if name != "people" and name in self.measured.demand]
        return [
            ("urban", ""), ("rural", ""), *(("town", c) for c in self.measured.towns.index),
            *(("group", name) for name in people),
        ]  # fmt: skip

    @property
    def towns(self) -> slice:
        """Where the towns stand among the groups."""
        return slice(2, 2 + len(self.measured.towns))

    @cached_property
    def groups(self) -> Whole:
        """People of each group by row before merging; of all people some are old, some young."""
        demand = self.measured.demand
        rural = demand["rural"].to_numpy(bool)
        town = demand["town"].to_numpy()
        members = np.column_stack(
            [~rural, rural, *(town == code for code in self.measured.towns.index)]
        )
        parts = []
        for standard in self.standards:
            inside = area_mask(demand, standard.area)
            own = [
                np.where(inside & (standard.group in ("people", name)), demand[name], 0)
                for kind, name in self.group_names if kind == "group"
            ]  # fmt: skip
            parts.append(np.column_stack([self.meant(standard)[:, None] * members, *own]))
        return np.concatenate(parts).astype(np.int64)

    @property
    def group_totals(self) -> Whole:
        """All people of each group."""
        return np.asarray(self.groups.sum(axis=0))

    def rules(self, *, count: int | None, budget: int | None, crowded: bool = False) -> Rules:
        """
        Return the rules: committed sites come on top of the number and are paid for.

        `crowded`: whether a site serves no more people than it has room for.
        """
        fixed, forbidden = self.fixed, self.forbidden
        whole = None if count is None else count + int(fixed.sum())
        sites, kind = self.candidates.geometry, self.options["type"].to_numpy()
        near = too_near(sites, self.number, kind, self.study.sites.spacing_metres)
        pairs = np.concatenate([one_a_site(self.number), near])
        pairs = pairs[~(fixed[pairs[:, 0]] & fixed[pairs[:, 1]])]
        return Rules(
            count=whole, cost=self.options["cost"].to_numpy(np.int64), budget=budget, fixed=fixed,
            forbidden=forbidden, apart=pairs, room=self.room if crowded else None,
        )  # fmt: skip

    @property
    def whole_metres(self) -> Whole:
        """Distances between candidates, metres, downward: sites are that far apart at least."""
        return np.floor(apart(self.candidates.geometry)).astype(np.int64)


def _within(ticks: Any, minutes: float, factor: float) -> Flags:
    """Compare with a limit that is stretched: the times at other speeds, without routing anew."""
    if factor == 1.0:
        return within(ticks, minutes)
    return np.asarray(ticks <= np.uint32(threshold_ticks(minutes * factor)))


def problem_of(
    study: Study, measured: Survey, keys: Sequence[str], *, types: Sequence[str] = (),
    cache: Path | None = None,
) -> Problem:  # fmt: skip
    """
    Measure the candidates of some standards.

    Parameters
    ----------
    keys
        Standards of the study.
    types
        Type that would be opened for each; by default the first of the standard.

    Raises
    ------
    StudyError
        No such standard; no candidates.
    """
    known = {standard.key: standard for standard in study.wanted}
    wrong = [key for key in keys if key not in known]
    if wrong:
        facts = {"known": "、".join(known)}
        raise StudyError(*(
            Fault("E-SITES-STANDARD", file=study.path.name, value=k, facts=facts) for k in wrong
        ))  # fmt: skip
    standards = tuple(known[key] for key in dict.fromkeys(keys))
    if len(types) > len(standards):
        extra = " ".join(types[len(standards) :])
        raise StudyError(Fault("E-SITES-UNUSED", file=study.path.name, value=f"--type {extra}"))
    chosen = dict(zip(dict.fromkeys(keys), types, strict=False))
    kinds = [chosen.get(s.key, s.types[0]) for s in standards]
    for standard, kind in zip(standards, kinds, strict=True):
        if kind not in standard.types:
            facts = {"key": standard.key, "known": "、".join(standard.types)}
            raise StudyError(Fault("E-SITES-KIND", file=study.path.name, value=kind, facts=facts))
    every = list(dict.fromkeys(k for s in standards for k in s.types))
    candidates = candidates_of(study, measured, every)
    options = options_of(study, measured, candidates, list(dict.fromkeys(kinds)))
    # Candidates are measured like venues: same roads, same walks to the door.
    times = tuple(
        _to_those_for(standard, candidates, travel_times(
            measured.roads.network, study.profile_of(standard), measured.demand, candidates,
            horizon_minutes=study.study.horizon_minutes, direction=study.study.direction,
            barriers=measured.roads.barriers, folder=cache,
        ))
        for standard in standards
    )  # fmt: skip
    return Problem(study, measured, standards, candidates, options, times)


def _to_those_for(standard: Standard, candidates: GeoDataFrame, times: Times) -> Times:
    """Return times by which nobody reaches a candidate that is for other groups."""
    suits = for_group(candidates, standard.group)
    return replace(times, ticks=np.where(suits, times.ticks, np.uint32(UNREACHED)))
