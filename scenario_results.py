"""The states of a study beside each other: who gains and who loses, whom a flood cuts off."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from .coverage.scenario_compare import (
    Everybody,
    everybody,
    flags_moved,
    pairs,
    people_moved,
    places_hit,
    places_moved,
    standards_beside,
)
from .scenarios import Outcome

CHANGE_NAMES = {
    "gained": "新覆盖",
    "lost": "失去覆盖",
    "cut_off": "不再可达",
    "nearer": "变近",
    "farther": "变远",
    "arrived": "新增居民点",
    "same": "不变",
}


@dataclass(frozen=True, eq=False)
class Comparison:
    """
    States of one study beside each other; the first is the present.

    Parameters
    ----------
    outcomes
        From `scenarios`, two or more, under different names.
    """

    outcomes: Sequence[Outcome]

    @property
    def pairs(self) -> list[tuple[Outcome, Outcome]]:
        """Return the present with every scenario, and these with each other."""
        known = {outcome.scenario.name: outcome for outcome in self.outcomes}
        return [(known[a], known[b]) for a, b in pairs(known)]

    @cached_property
    def standards(self) -> pd.DataFrame:
        """How far each standard is met in each state."""
        return standards_beside({o.scenario.name: o.assessment.standards for o in self.outcomes})

    @cached_property
    def everybody(self) -> dict[tuple[str, str], Everybody]:
        """The places of both states, by pair."""
        return {
            (before.scenario.name, after.scenario.name): everybody(
                before.survey.demand, after.survey.demand
            )
            for before, after in self.pairs
        }

    @cached_property
    def places(self) -> pd.DataFrame:
        """What becomes of each place, by pair (`before`, `after`) and standard."""
        parts = []
        for before, after in self.pairs:
            names = (before.scenario.name, after.scenario.name)
            reach = (before.assessment.reach, after.assessment.reach)
            for standard in after.study.wanted:
                part = places_moved(standard, self.everybody[names], *reach)
                parts.append(_of_pair(part, names))
        return pd.concat(parts, ignore_index=True)

    @cached_property
    def people(self) -> pd.DataFrame:
        """People of each kind, by pair, standard, scope and group."""
        parts = []
        by_pair = dict(iter(self.places.groupby(["before", "after", "standard"], sort=False)))
        for before, after in self.pairs:
            names = (before.scenario.name, after.scenario.name)
            demand, towns = self.everybody[names].demand, after.survey.towns
            for standard in after.study.wanted:
                part = people_moved(by_pair[(*names, standard.key)], standard, demand, towns)
                parts.append(_of_pair(part, names))
        return pd.concat(parts, ignore_index=True)

    @cached_property
    def hit(self) -> pd.DataFrame:
        """Places that no longer reach, are no longer covered or take longer, by pair."""
        by_pair = dict(iter(self.places.groupby(["before", "after"], sort=False)))
        parts = []
        for before, after in self.pairs:
            names = (before.scenario.name, after.scenario.name)
            parts.append(_of_pair(places_hit(by_pair[names]).reset_index(), names))
        return pd.concat(parts, ignore_index=True)

    @cached_property
    def flags(self) -> pd.DataFrame:
        """Flags that went and came, by pair."""
        parts = []
        for before, after in self.pairs:
            part = flags_moved(before.assessment.flags, after.assessment.flags)
            parts.append(_of_pair(part, (before.scenario.name, after.scenario.name)))
        return pd.concat(parts, ignore_index=True)

    @cached_property
    def indicators(self) -> pd.DataFrame:
        """The indicators (access, equity, the gap between town and country) of every state."""
        parts = []
        for outcome in self.outcomes:
            part = outcome.assessment.indicators.copy()
            part.insert(0, "state", outcome.scenario.name)
            parts.append(part)
        return pd.concat(parts, ignore_index=True)

    @property
    def headline(self) -> list[dict[str, Any]]:
        """Return what each scenario does to each standard in the whole district."""
        people = self.people
        first = self.outcomes[0].scenario.name
        whole = people[(people["scope"] == "district") & people["own"]]
        beside = self.standards.set_index(["state", "standard", "scope"])
        rows = []
        for row in whole[whole["before"] == first].to_dict("records"):
            states = (row["before"], row["after"])
            shares = [beside.loc[(s, row["standard"], "district"), "share"] for s in states]
            keys = ("covered_before", "covered_after", "gained", "lost", "cut_off", "nearer")
            rows.append(
                {
                    "scenario": row["after"],
                    "standard": row["standard"],
                    **{key: int(row[key]) for key in (*keys, "farther", "arrived", "delayed")},
                    **{key: _number(row[key]) for key in ("delay_mean", "delay_most")},
                    "share_before": _number(shares[0]),
                    "share_after": _number(shares[1]),
                }
            )
        return rows


def _of_pair(part: pd.DataFrame, names: tuple[str, str]) -> pd.DataFrame:
    """Write in front which two states a table is about."""
    part.insert(0, "after", names[1])
    part.insert(0, "before", names[0])
    return part


def _number(value: Any) -> float | None:
    return None if pd.isna(value) else float(value)
