"""The answers of a study: each table from the times alone, when it is first asked for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import pandas as pd
from geopandas import GeoDataFrame

from .coverage.audience import main_group
from .coverage.bands import bands_table
from .coverage.catchments import catchments_table
from .coverage.gaps import flags
from .coverage.indicators import indicators_table
from .coverage.land import land_table, lattice
from .coverage.neighbours import Neighbourhood
from .coverage.overview import conditions_table, coverage_table
from .coverage.question import Question
from .coverage.reach import reach
from .coverage.share import GROUPS, standard_coverage
from .coverage.surveys import surveys_table
from .coverage.targets import targets_table
from .layers.plan import plan_targets
from .layers.precision import precision_metres
from .layers.progress import nothing_reported
from .layers.venues import venue_types
from .measures import Answer, access_table, answers, clusters_table, index_table
from .measures_equity import equity_table, lorenz_table
from .study import Survey, times_for
from .study_keys import Study

SMALL_ROAD = "residential"
"""The class whose speed a point is charged that is moved."""


@dataclass(frozen=True, eq=False)
class Assessment:
    """
    The answers, each worked out when it is first asked for: pure, from the times alone.

    `docs/method.md` says how, the functions called here say which columns they have.

    Parameters
    ----------
    study, measured
        What was asked, and measured.
    """

    study: Study
    measured: Survey

    @cached_property
    def questions(self) -> list[Question]:
        """The standards with the times and the pace of those whom they are about."""
        found = []
        for standard in self.study.wanted:
            profile = self.study.profile_of(standard)
            pace = profile.speeds[SMALL_ROAD].built_up_kmh * 1000 / 60 / max(profile.detour, 1.0)
            times = times_for(self.measured, standard)
            parking = profile.arrival_seconds / 60
            found.append(Question(standard, times, pace, parking, profile.snap_metres))
        return found

    @cached_property
    def standards(self) -> pd.DataFrame:
        """How far each standard is met, by scope."""
        layers = self._layers
        tables = [standard_coverage(ask.standard, ask.times, *layers) for ask in self.questions]
        return pd.concat(tables, ignore_index=True)

    @cached_property
    def reach(self) -> pd.DataFrame:
        """How each place stands to each standard."""
        venues, demand, _ = self._layers
        tables = [reach(ask.standard, ask.times, venues, demand) for ask in self.questions]
        return pd.concat(tables, ignore_index=True)

    @cached_property
    def coverage(self) -> pd.DataFrame:
        """
        Every scope x kind x mode x threshold x group: types, tiers, sets of the standards.

        A kind is counted for the modes by which its types are usually or by a standard reached: on
        foot to the museum of the district is nobody's question.
        """
        present = set(self.measured.venues["type"])
        types = {key: kind for key, kind in venue_types().items() if key in present}
        tiers = dict.fromkeys(kind.tier for kind in types.values())
        kinds: list[tuple[str, ...]] = [(key,) for key in types]
        kinds += [tuple(k for k, kind in types.items() if kind.tier == tier) for tier in tiers]
        kinds += [standard.types for standard in self.study.wanted]
        limits = {*self.study.study.thresholds, *(s.minutes for s in self.study.wanted)}
        # The ledger of targets and the figure of types ask for the usual minutes of a type.
        horizon = self.study.study.horizon_minutes
        limits |= {kind.minutes for kind in types.values() if kind.minutes <= horizon}
        every = venue_types()
        usual = {
            kind: {every[key].mode for key in kind}.union(
                s.mode for s in self.study.wanted if set(s.types) & set(kind)
            )
            for kind in kinds
        }
        known = set(self.measured.times)
        return coverage_table(
            self.measured.times,
            *self._layers,
            kinds=list(dict.fromkeys(kinds)),
            thresholds=sorted(limits),
            paced=self.measured.group_times,
            modes={kind: asked & known or known for kind, asked in usual.items()},
        )

    @cached_property
    def flags(self) -> pd.DataFrame:
        """Who falls short, why, and the nearest fix."""
        venues, demand, towns = self._layers
        hosts = [key for key, kind in venue_types().items() if kind.host]
        return flags(
            self.questions, self.reach, self.standards, demand, towns, venues,
            metres=self._metres, hosts=hosts, bands=self.bands,
        )  # fmt: skip

    @cached_property
    def conditions(self) -> pd.DataFrame:
        """Coverage under stricter conditions: a choice of venues, opening hours."""
        each = [(ask.standard, ask.times) for ask in self.questions]
        return conditions_table(each, *self._layers)

    @cached_property
    def land(self) -> pd.DataFrame:
        """Share of the land within reach, by standard and scope; not of groups with own paces."""
        venues, _, towns = self._layers
        times, points = self.measured.land, self.measured.land_points
        paced = self.measured.group_times
        wanted = [s for s in self.study.wanted if (s.group, s.mode) not in paced]
        each = [(s, times[s.mode]) for s in wanted if s.mode in times]
        return land_table(each, venues, lattice(towns, 0) if points is None else points, towns)

    @cached_property
    def access(self) -> pd.DataFrame:
        """Venues for 10 000 people, by standard and place."""
        venues, demand, _ = self._layers
        return access_table(self._answers, venues, demand)

    @cached_property
    def catchments(self) -> pd.DataFrame:
        """Access by standard, measure and scope, with what each conserves."""
        return catchments_table(self.questions, *self._layers)

    @cached_property
    def equity(self) -> pd.DataFrame:
        """How evenly access and times are spread."""
        _, demand, towns = self._layers
        return equity_table(self._answers, demand, towns)

    @cached_property
    def lorenz(self) -> pd.DataFrame:
        """Points of the Lorenz curves of access."""
        return lorenz_table(self._answers)

    @cached_property
    def clusters(self) -> pd.DataFrame:
        """Where good and bad access gather."""
        seed = self.study.sureness.seed
        return clusters_table(self._answers, self._layers[1], self._around.nearest, seed=seed)

    @cached_property
    def index(self) -> pd.DataFrame:
        """The access part of the science index, by town."""
        _, demand, towns = self._layers
        return index_table(self._answers, demand, towns, seed=self.study.sureness.seed)

    @cached_property
    def indicators(self) -> pd.DataFrame:
        """Figures under the names by which planners report them."""
        names = {key: kind.name for key, kind in venue_types().items()}
        return indicators_table(self.questions, self.standards, self.land, *self._layers, names)

    @cached_property
    def bands(self) -> pd.DataFrame:
        """How sure the shares are."""
        sure = self.study.sureness
        return bands_table(
            self.questions, *self._layers, metres=self._metres, seed=sure.seed, draws=sure.draws,
            speed_change=sure.speed_change,
        )  # fmt: skip

    @cached_property
    def surveys(self) -> pd.DataFrame:
        """Which points to survey first."""
        venues, demand, _ = self._layers
        return surveys_table(self.questions, venues, demand, metres=self._metres)

    @cached_property
    def audience(self) -> dict[str, str]:
        """Whom most open venues of each type are for: everybody, or a group of the demand."""
        venues, demand, _ = self._layers
        used = venues[venues["status"] == "open"]
        groups = [group for group in GROUPS if group in demand]
        return {
            str(kind): main_group(used[used["type"] == kind], groups)
            for kind in dict.fromkeys(venues["type"])
        }

    @cached_property
    def targets(self) -> pd.DataFrame:
        """How the targets of the plan stand: only open venues in the district count."""
        progress, ledger = self.measured.progress, self.measured.ledgers.get("venues")
        return targets_table(
            plan_targets(),
            self.measured.venues,
            nothing_reported() if progress is None else progress.table,
            self.coverage,
            {key: (kind.mode, kind.minutes) for key, kind in venue_types().items()},
            groups=self.audience,
            apart=0 if ledger is None else ledger.quarantined,
        )

    @cached_property
    def _around(self) -> Neighbourhood:
        """What neighbours of places are searched from."""
        roads, times = self.measured.roads, self.measured.times
        return Neighbourhood(
            roads.network,
            self.study.profiles,
            self.measured.demand.geometry,
            {mode: table.place_doors for mode, table in times.items()},
            homes_leave=self.study.study.direction == "to_venue",
            barriers=roads.barriers,
            horizon=next(iter(times.values())).horizon,
        )

    @property
    def _layers(self) -> tuple[GeoDataFrame, GeoDataFrame, GeoDataFrame]:
        return self.measured.venues, self.measured.demand, self.measured.towns

    @property
    def _metres(self) -> dict[str, float]:
        return precision_metres() | dict(self.study.sureness.metres.items())

    @cached_property
    def _answers(self) -> list[Answer]:
        return answers(self.questions, self.measured.venues, self.measured.demand)


def assess(study: Study, measured: Survey) -> Assessment:
    """Answer who reaches an open venue in time, and who is left behind."""
    return Assessment(study, measured)
