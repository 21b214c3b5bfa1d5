"""A scenario to its survey: only what its edits touch is measured again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import TypeVar

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
from geopandas import GeoDataFrame

from .assessment import Assessment, assess
from .coverage.scenario_times import Roadside, of_venues, on_roads, with_places, with_venues
from .coverage.times import Times
from .geo.edits import Roadworks
from .geo.errors import Fault
from .geo.profile import Profile
from .scenario_draft import Draft
from .scenario_edits import edited
from .scenario_keys import Scenario
from .study import Survey
from .study_keys import Study

Key = TypeVar("Key")


@dataclass(frozen=True, eq=False)
class Outcome:
    """
    A scenario, and what it leads to; the present state is the outcome of no edits.

    Parameters
    ----------
    scenario
        What was thought otherwise.
    study, survey
        Asked and measured under it.
    works
        What was done to the roads.
    notes
        What each edit did, in Chinese, by its number.
    warnings
        What was noticed.
    """

    scenario: Scenario
    study: Study
    survey: Survey
    works: Roadworks
    notes: tuple[str, ...]
    warnings: tuple[Fault, ...]

    @cached_property
    def assessment(self) -> Assessment:
        """What `study.assess` answers under the scenario."""
        return assess(self.study, self.survey)


def baseline(study: Study, measured: Survey) -> Outcome:
    """Return the present state as the outcome of a scenario without edits."""
    return apply(study, measured, Scenario(name="现状"))


def apply(
    study: Study, measured: Survey, scenario: Scenario, *, cache: Path | None = None
) -> Outcome:
    """
    Return what a scenario leads to; neither study nor survey is changed.

    Only what an edit can touch is measured again: a column for a new venue, a row for a new place,
    and of the rest those times that a changed road can alter.

    Raises
    ------
    StudyError
        An edit matches nothing, or changes nothing; all of them at once.
    """
    draft = edited(study, measured, scenario)
    changed = _measured(draft, measured, cache)
    warnings = [*draft.warnings, *_unconnected(draft, changed)]
    return Outcome(scenario, draft.study, changed, draft.works, tuple(draft.notes), tuple(warnings))


class _Later(Mapping[Key, Times]):
    """Times that are measured when they are first asked for."""

    def __init__(self, work: Mapping[Key, Callable[[], Times]]) -> None:
        self._work, self._done = work, dict[Key, Times]()

    def __getitem__(self, key: Key) -> Times:
        if key not in self._done:
            self._done[key] = self._work[key]()
        return self._done[key]

    def __iter__(self) -> Iterator[Key]:
        return iter(self._work)

    def __len__(self) -> int:
        return len(self._work)


@dataclass(frozen=True, eq=False)
class _Ground:
    """The roads before and after the edits, made ready once for each profile."""

    draft: Draft
    cache: Path | None

    @cached_property
    def _barriers(self) -> npt.NDArray[np.object_]:
        return self.draft.before.survey.roads.barriers

    @cached_property
    def _known(self) -> list[tuple[Profile, bool, Roadside]]:
        return []

    @cached_property
    def sites(self) -> gpd.GeoSeries:
        """Points that have no column yet."""
        return gpd.GeoSeries(self.draft.sites, crs=self.draft.venues.crs)

    @cached_property
    def places(self) -> gpd.GeoSeries:
        """Points that have no row yet."""
        return self.draft.demand.geometry.iloc[len(self.draft.before.survey.demand) :]

    def side(self, profile: Profile, *, after: bool) -> Roadside:
        """Return the roads of a profile, before the edits or after them."""
        for own, when, found in self._known:
            if when == after and own == profile:
                return found
        draft = self.draft
        works = draft.works if after else Roadworks.of(draft.before.survey.roads.network)
        side = Roadside(
            works, profile, direction=draft.study.study.direction, barriers=self._barriers,
            anew=after and draft.scenario.resnap,
        )  # fmt: skip
        self._known.append((profile, after, side))
        return side


def _measured(draft: Draft, measured: Survey, cache: Path | None) -> Survey:
    """Return the survey with its times under the edits."""
    old, new = draft.before.study, draft.study
    ground = _Ground(draft, cache)

    def again(
        tables: Mapping[Key, Times], was: Mapping[Key, Profile], now: Mapping[Key, Profile],
        rows: GeoDataFrame | None,
    ) -> Mapping[Key, Times]:  # fmt: skip
        return _Later(
            {
                key: partial(_retimed, ground, times, was[key], now[key], rows)
                for key, times in tables.items()
            }
        )

    roads = measured.roads
    if draft.has_roads:
        roads = replace(roads, network=draft.works.network)
    people = measured.demand
    return replace(
        measured, venues=draft.venues, demand=draft.demand, roads=roads,
        times=dict(again(measured.times, old.profiles, new.profiles, people)),
        group_times=dict(again(measured.group_times, old.paced, new.paced, people)),
        land=again(measured.land, old.profiles, new.profiles, measured.land_points),
    )  # fmt: skip


def _retimed(
    ground: _Ground, times: Times, old: Profile, new: Profile, rows: GeoDataFrame | None
) -> Times:
    """Return one table of times under the edits; `rows` are those of the table before them."""
    draft, cache = ground.draft, ground.cache
    measured = draft.before.survey
    if draft.has_roads and draft.scenario.resnap and rows is not None:
        after = ground.side(new, after=True)
        homes = after.doors(rows.geometry, homes=True)
        goals = after.doors(measured.venues.geometry, homes=False)
        ticks = after.table(homes, goals, times.horizon, folder=cache)
        times = replace(times, ticks=ticks, place_doors=homes, venue_doors=goals)
    elif draft.has_roads:
        times = on_roads(
            times, ground.side(old, after=False), ground.side(new, after=True), folder=cache
        )
    if len(ground.sites):
        times = with_venues(times, ground.side(new, after=True), ground.sites, folder=cache)
    if rows is measured.demand and len(ground.places):
        times = with_places(times, ground.side(new, after=True), ground.places, folder=cache)
    if list(draft.site_of) == list(times.venues) == list(draft.venues.index):
        return times
    columns = times.venues.get_indexer(pd.Index(draft.site_of))
    return of_venues(times, draft.venues.index, np.asarray(columns, np.int64))


def _unconnected(draft: Draft, survey: Survey) -> list[Fault]:
    """Warn of what the scenario brings, or puts elsewhere, and no road reaches."""
    warnings = []
    known = draft.before.survey.demand.index
    layers: tuple[tuple[GeoDataFrame, npt.NDArray[np.bool_], str], ...] = (
        (draft.venues, draft.site_of.isin(list(draft.sites)).to_numpy(bool), "venue_doors"),
        (draft.demand, ~draft.demand.index.isin(known), "place_doors"),
    )
    for layer, new, side in layers:
        for mode, times in survey.times.items():
            apart = new & ~getattr(times, side).snaps.connected
            if apart.any():
                names = "、".join(layer.index[apart])
                profile = draft.study.profiles[mode]
                facts = {"mode": profile.name_zh, "mode_en": mode, "names": names}
                warnings.append(Fault("W-EDIT-NOT-CONNECTED", facts=facts))
    return warnings
