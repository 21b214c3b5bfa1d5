"""What the map counts with: nearest venues by type and mode, ways and rings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from geopandas import GeoDataFrame

from .coverage.audience import EVERYBODY
from .coverage.isochrone import disagreement, isochrones, land_of
from .coverage.question import Question
from .coverage.routes import routes
from .coverage.share import GROUPS, Nearest, admitted, in_use, nearest, serving
from .coverage.times import Times
from .geo.branches import Branches
from .geo.routing import UNREACHED as NO_WAY
from .geo.surface import Ground
from .maps.content import Own, Reach, ToTypes
from .maps.pack import UNREACHED
from .study import Survey
from .study_keys import Study
from .wording import CAUSE_NAMES

RING_PARTS = (0.5, 1.0)
"""Isochrones at half the limit of a standard and at the limit."""
RING_CELL_METRES = {"walk": 60.0, "ebike": 150.0, "car": 150.0}
"""Coarser than `geo.surface` draws for paper: a web map of a county needs no more, in a tenth."""


def reaches(survey: Survey, venues: GeoDataFrame) -> list[Reach]:
    """
    Return the nearest open venue of each type, by mode and for groups with a pace of their own.

    Venues that are for some groups only count for these groups alone.

    Parameters
    ----------
    survey
        Measured.
    venues
        Those of the survey in the order of the page.
    """
    all_times = [("", times) for times in survey.times.values()]
    all_times += [(group, times) for (group, _), times in survey.group_times.items()]
    groups = [name for name in GROUPS[1:] if name in survey.demand]
    return [_reach(times, group, survey.venues, venues.index, groups) for group, times in all_times]


def _reach(
    times: Times, group: str, venues: GeoDataFrame, order: pd.Index[str], groups: Sequence[str]
) -> Reach:
    at = order.get_indexer(times.venues)
    who = group or EVERYBODY
    kinds = [str(kind) for kind in venues["type"].unique()]
    known = _to_types(times, venues, at, {kind: serving(venues, (kind,), who) for kind in kinds})
    venue_walk = np.zeros(len(order), np.int64)
    venue_walk[at] = _whole(times.venue_doors.walk)
    return Reach(
        times.mode,
        times.connected,
        _whole(times.place_doors.walk),
        venue_walk,
        known.ticks,
        known.venue,
        known.usable,
        group,
        {} if group else _others(times, venues, at, groups, kinds),
    )


def _to_types(
    times: Times, venues: GeoDataFrame, at: npt.NDArray[np.intp],
    among: Mapping[str, npt.NDArray[np.bool_]],
) -> ToTypes:  # fmt: skip
    """Return the nearest venue of each type among those given: times, numbers, whether usable."""
    found = {kind: nearest(times, venues, (kind,), among=some) for kind, some in among.items()}
    connected = times.venue_doors.snaps.connected
    return ToTypes(
        {kind: _page_ticks(one) for kind, one in found.items()},
        {kind: _page_venues(one, at) for kind, one in found.items()},
        {kind: bool(connected[some].any()) for kind, some in among.items()},
    )


def _others(
    times: Times, venues: GeoDataFrame, at: npt.NDArray[np.intp], groups: Sequence[str],
    kinds: Sequence[str],
) -> dict[str, ToTypes]:  # fmt: skip
    """Return what is nearest to groups where other venues are for them than for everybody."""
    found = {}
    for group in groups:
        own, every = ({kind: serving(venues, (kind,), who) for kind in kinds}
                      for who in (group, EVERYBODY))  # fmt: skip
        apart = {kind: own[kind] for kind in kinds if (own[kind] != every[kind]).any()}
        if apart:
            found[group] = _to_types(times, venues, at, apart)
    return found


def _whole(milliseconds: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    return np.rint(np.nan_to_num(milliseconds)).astype(np.int64)


def _page_ticks(found: Nearest) -> npt.NDArray[np.int64]:
    return np.where(found.ticks == NO_WAY, UNREACHED, found.ticks).astype(np.int64)


def _page_venues(found: Nearest, at: npt.NDArray[np.intp]) -> npt.NDArray[np.int64]:
    return np.where(found.venue < 0, -1, at[np.maximum(found.venue, 0)]) if len(at) else found.venue


def owns(questions: list[Question], survey: Survey, venues: GeoDataFrame) -> dict[str, Own]:
    """Return how places stand to the standards that ask for more than one venue, or for hours."""
    answer = {}
    for ask in questions:
        standard, times = ask.standard, ask.times
        if standard.count == 1 and not standard.opening:
            continue
        known = admitted(survey.venues, standard)[0]
        found = nearest(times, survey.venues, standard.types, count=standard.count, among=known)
        at = venues.index.get_indexer(times.venues)
        words = [CAUSE_NAMES[reason] for reason in found.reason]
        answer[standard.key] = Own(_page_ticks(found), _page_venues(found, at), words)
    return answer


def rings_of(study: Study, survey: Survey, cache: Path | None = None) -> GeoDataFrame | None:
    """Return isochrones of the open venues by the modes and limits of the standards they serve."""
    tables = []
    venues, roads = survey.venues, survey.roads
    land = land_of(survey.towns, roads.background, roads.network)
    for mode in survey.times:
        mine = [standard for standard in study.wanted if standard.mode == mode]
        used = venues[in_use(venues, {kind for standard in mine for kind in standard.types})]
        if used.empty:
            continue
        limits = {part * standard.minutes for standard in mine for part in RING_PARTS}
        ground = Ground(
            roads.network,
            study.profiles[mode],
            leaving=study.study.direction == "to_venue",
            barriers=roads.barriers,
            land=land,
            cell_metres=RING_CELL_METRES[mode],
            searches=len(used),
            folder=cache,
        )
        tables.append(
            isochrones(
                roads.network,
                study.profiles[mode],
                used,
                sorted(limits),
                direction=study.study.direction,
                barriers=roads.barriers,
                land=land,
                ground=ground,
            )
        )
    if not tables:
        return None
    drawn: GeoDataFrame = pd.concat(tables, ignore_index=True)
    return drawn.to_crs(4326)


def rings_told(drawn: GeoDataFrame, survey: Survey) -> tuple[str, str]:
    """Say in persons how far the rings differ from what is counted."""
    told = [
        disagreement(rings, survey.times[str(mode)], survey.demand)
        for mode, rings in drawn.groupby("mode")
    ]
    inside, lost, beyond = (
        int(sum(table[name].sum() for table in told))
        for name in ("people_inside", "inside_not_counted", "counted_not_inside")
    )
    return (
        "等时圈与计数",
        f"圈只供看图，人数按居民点计；{len(drawn)} 个圈内合计 {inside} 人次，"
        f"其中 {lost} 人次未到达、不计入，另有 {beyond} 人次到达而在圈外",
    )


def ways_of(study: Study, survey: Survey, questions: list[Question]) -> dict[str, Branches]:
    """Return the routes to the nearest venues, by standard; groups with own paces are left out."""
    answer = {}
    for ask in questions:
        standard = ask.standard
        if (standard.group, standard.mode) in survey.group_times:
            continue
        known = admitted(survey.venues, standard)[0]
        found = nearest(ask.times, survey.venues, standard.types, count=standard.count, among=known)
        drawn = routes(
            survey.roads.network,
            study.profiles[standard.mode],
            ask.times,
            found,
            survey.demand,
            survey.venues,
            direction=study.study.direction,
        )
        answer[standard.key] = drawn.branches()
    return answer
