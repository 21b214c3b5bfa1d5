"""The edits of a scenario, one after the other: on venues and people, on roads and speeds."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import shapely
from geopandas import GeoDataFrame

from .coverage.share import GROUPS
from .geo.crs import WGS84, to_wgs84, transform
from .geo.edits import Roadworks
from .geo.errors import Fault, KepuError, StudyError
from .layers.venues import venue_types
from .scenario_keys import (
    AddPeople,
    AddVenue,
    ChangeCapacity,
    ChangeHours,
    CloseVenues,
    Edit,
    MoveVenue,
    OpenVenues,
    Scenario,
    UpgradeVenue,
)
from .scenario_roads import edit_roads
from .study import Survey
from .study_keys import Study


@dataclass(frozen=True, eq=False)
class Before:
    """The present state, which no edit changes."""

    study: Study
    survey: Survey


@dataclass(eq=False)
class Draft:
    """
    A scenario being applied.

    Parameters
    ----------
    before
        The present state.
    venues, demand
        As they are by now.
    site_of
        By venue: whose column of times is its own; a venue of the table, or one of `sites`.
    sites
        Points without a column yet, in the reference system of the venues.
    works
        What was done to the roads.
    notes
        What each edit did.
    """

    scenario: Scenario
    before: Before
    study: Study
    venues: GeoDataFrame
    demand: GeoDataFrame
    site_of: pd.Series
    works: Roadworks
    sites: dict[str, shapely.Point] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    warnings: list[Fault] = field(default_factory=list)
    has_roads: bool = False

    @classmethod
    def of(cls, study: Study, measured: Survey, scenario: Scenario) -> Draft:
        """
        Apply all edits in their order.

        Raises
        ------
        StudyError
            Some match nothing or change nothing.
        """
        venues = measured.venues
        draft = cls(
            scenario, Before(study, measured), study, venues.copy(), measured.demand,
            pd.Series(venues.index, venues.index), Roadworks.of(measured.roads.network),
        )  # fmt: skip
        faults: list[Fault] = []
        for number, edit in enumerate(scenario.edits, 1):
            try:
                draft.notes.append(draft._apply(edit))
            except KepuError as error:
                faults += [_at(fault, number, edit) for fault in error.faults]
        if faults:
            raise StudyError(*faults)
        draft._drop_unused()
        return draft

    def _apply(self, edit: Edit) -> str:
        doing: dict[type, Callable[[Any], str]] = {
            OpenVenues: self._open, CloseVenues: self._close, AddVenue: self._add,
            MoveVenue: self._move, UpgradeVenue: self._upgrade, ChangeCapacity: self._capacity,
            ChangeHours: self._hours, AddPeople: self._people,
        }  # fmt: skip
        if type(edit) in doing:
            return doing[type(edit)](edit)
        works, study, note = edit_roads(edit, self.works, self.study, self.before.survey)  # type: ignore[arg-type]
        self.works, self.study, self.has_roads = works, study, True
        return note

    def _drop_unused(self) -> None:
        """Forget sites whose venue is gone again or has moved on."""
        used = set(self.site_of)
        self.sites = {name: point for name, point in self.sites.items() if name in used}

    def _open(self, edit: OpenVenues) -> str:
        names = self._known(edit.venue)
        for name in names:
            if self.venues.at[name, "status"] == "open":
                raise _unchanged(name, "已经在用", "it is open already")
        self.venues.loc[names, "status"] = "open"
        return f"启用 {self._titles(names)}"

    def _close(self, edit: CloseVenues) -> str:
        """Close; what the scenario itself had opened or added becomes what it was before."""
        names, title = self._known(edit.venue), self._titles(edit.venue)
        was = self.before.survey.venues["status"]
        for name in names:
            if self.venues.at[name, "status"] != "open":
                raise _unchanged(name, "本来没有在用", "it is not open")
            if name not in was.index:
                self.venues = self.venues.drop(index=name)
                self.site_of = self.site_of.drop(index=name)
            else:
                now = str(was[name])
                self.venues.loc[name, "status"] = "closed" if now == "open" else now
        return f"关闭 {title}"

    def _add(self, edit: AddVenue) -> str:
        self._require_new(edit.id, self.venues.index)
        point = self._point(edit.lon, edit.lat, edit.datum, buffered=True)
        kind = _venue_type(edit.type)
        name = edit.name or f"新增{kind.name}（{edit.id}）"
        values = {
            "name": name, "type": kind.key, "type_name": kind.name, "status": "open",
            "capacity": np.nan if edit.capacity is None else edit.capacity,
            "capacity_unit": edit.capacity_unit, "days": edit.days, "hours": edit.hours,
            "town": self._town(point) or "", "public": True, "outside": not self._town(point),
            "source": f"情景：{self.scenario.name}",
        }  # fmt: skip
        self.venues = _with_row(self.venues, edit.id, values, point)
        self._at_new_site(edit.id, point)
        return f"新增 {name}"

    def _move(self, edit: MoveVenue) -> str:
        (name,) = self._known([edit.venue])
        point = self._point(edit.lon, edit.lat, edit.datum, buffered=True)
        away = float(shapely.distance(point, self.venues.geometry[name]))
        if away == 0:
            raise _unchanged(name, "位置没有变", "it does not move")
        self.venues.loc[name, "geometry"] = point
        self.venues.loc[name, "outside"] = not self._town(point)
        self._at_new_site(name, point)
        return f"迁移 {self._titles([name])}（直线{away:.0f}米）"

    def _upgrade(self, edit: UpgradeVenue) -> str:
        (host,) = self._known([edit.venue])
        kind = _venue_type(edit.type)
        if self.venues.at[host, "type"] == kind.key:
            raise _unchanged(host, "已经是这一类型", "it is of this type already")
        values: dict[str, Any] = {"type": kind.key, "type_name": kind.name, "status": "open"}
        if edit.capacity is not None:
            values |= {"capacity": edit.capacity, "capacity_unit": edit.capacity_unit}
        title = self._titles([host])
        if not edit.keep:
            for column, value in values.items():
                self.venues.loc[host, column] = value
            return f"{title} 改为{kind.name}"
        twin = f"{host}+{kind.key}"
        self._require_new(twin, self.venues.index)
        row = self.venues.loc[host]
        own = {name: row[name] for name in self.venues.columns if name != "geometry"}
        values |= {"name": f"{row['name']}（加挂{kind.name}）"}
        self.venues = _with_row(self.venues, twin, {**own, **values}, row["geometry"])
        self.site_of.loc[twin] = self.site_of[host]
        return f"{title} 加挂{kind.name}"

    def _capacity(self, edit: ChangeCapacity) -> str:
        (name,) = self._known([edit.venue])
        unit = edit.capacity_unit
        same = unit is None or unit == self.venues.at[name, "capacity_unit"]
        if self.venues.at[name, "capacity"] == edit.capacity and same:
            raise _unchanged(name, "容量没有变", "its capacity is the same")
        self.venues.loc[name, "capacity"] = edit.capacity
        if unit is not None:
            self.venues.loc[name, "capacity_unit"] = unit
        return f"{self._titles([name])} 容量改为 {edit.capacity:g}"

    def _hours(self, edit: ChangeHours) -> str:
        (name,) = self._known([edit.venue])
        said = {"days": edit.days, "hours": edit.hours}
        new = {column: text for column, text in said.items() if text is not None}
        if all(self.venues.at[name, column] == text for column, text in new.items()):
            raise _unchanged(name, "开放时间没有变", "its hours are the same")
        for column, text in new.items():
            self.venues.loc[name, column] = text
        return f"{self._titles([name])} 开放时间改为 {' '.join(new.values())}"

    def _people(self, edit: AddPeople) -> str:
        self._require_new(edit.id, self.demand.index)
        point = self._point(edit.lon, edit.lat, edit.datum, buffered=False)
        town = self._town(point)
        towns = self.before.survey.towns
        rural = towns.at[town, "kind"] == "rural" if edit.rural is None else edit.rural
        name = edit.name or f"新增居民点（{edit.id}）"
        groups = self._groups(edit, str(town), bool(rural), name)
        values = {"name": name, "town": town, "rural": bool(rural), "people": edit.people, **groups}
        self.demand = _with_row(self.demand, edit.id, values, point)
        return f"新增 {name} {edit.people}人"

    def _groups(self, edit: AddPeople, town: str, rural: bool, name: str) -> dict[str, int]:
        """Return the groups as given, the others by their share among the like of the town."""
        demand = self.before.survey.demand
        like = demand[(demand["town"] == town) & (demand["rural"] == rural)]
        like = like if like["people"].sum() else demand
        columns = [group for group in GROUPS[1:] if group in demand]
        found: dict[str, int] = {str(group): count for group, count in edit.groups.items()}
        strange = sorted(set(found) - set(columns))
        if strange:
            facts = {"known": "、".join(columns)}
            raise StudyError(Fault("E-EDIT-GROUP", value="、".join(strange), facts=facts))
        if any(count < 0 or count > edit.people for count in found.values()):
            raise StudyError(Fault("E-EDIT-GROUP-COUNT", value=edit.id))
        guessed = [group for group in columns if group not in found]
        for group in guessed:
            parts = int(like[group].sum()) * edit.people, int(like["people"].sum())
            found[group] = min((2 * parts[0] + parts[1]) // (2 * parts[1]), edit.people)
        if guessed:
            facts = {"name": name, "groups": "、".join(f"{g} {found[g]}" for g in guessed)}
            self.warnings.append(Fault("W-EDIT-GROUPS", facts=facts))
        return found

    def _known(self, names: Iterable[str]) -> list[str]:
        """Return names of venues that are there, each once."""
        faults = []
        for name in (wanted := list(dict.fromkeys(names))):
            if name not in self.venues.index:
                near = difflib.get_close_matches(name, list(self.venues.index), 1, 0.5)
                facts = {"what": "设施编号", "what_en": "venue", "near": near[0] if near else "—"}
                faults.append(Fault("E-EDIT-NOTHING", value=name, facts=facts))
        if faults:
            raise StudyError(*faults)
        return wanted

    def _titles(self, names: Iterable[str]) -> str:
        return "、".join(f"{self.venues.at[name, 'name']}（{name}）" for name in names)

    def _require_new(self, name: str, known: pd.Index) -> None:
        if name in known:
            raise StudyError(Fault("E-EDIT-ID", value=name))

    def _point(self, lon: float, lat: float, datum: str, *, buffered: bool) -> shapely.Point:
        towns = self.before.survey.towns
        degrees = to_wgs84([lon], [lat], datum)
        x, y = transform(*degrees, WGS84, towns.crs)
        point = shapely.Point(float(x[0]), float(y[0]))
        reach = self.study.study.buffer_km * 1000 if buffered else 0.0
        away = float(towns.geometry.distance(point).min())
        if away > reach:
            facts = {"km": f"{away / 1000:.1f}"}
            raise StudyError(Fault("E-EDIT-OUTSIDE", value=f"{lon:g},{lat:g}", facts=facts))
        return point

    def _town(self, point: shapely.Point) -> str | None:
        """Return the town that holds a point."""
        towns = self.before.survey.towns
        inside = towns.index[towns.geometry.intersects(point)]
        return str(inside[0]) if len(inside) else None

    def _at_new_site(self, name: str, point: shapely.Point) -> None:
        site = f"{name}@{point.x!r},{point.y!r}"
        self.sites[site] = point
        self.site_of.loc[name] = site


def _with_row(
    layer: GeoDataFrame, name: str, values: dict[str, Any], point: shapely.Point
) -> GeoDataFrame:
    """Return a layer with one more row; columns that are not given are empty."""
    row = layer.iloc[:1].copy()
    row.index = pd.Index([name], name=layer.index.name, dtype=layer.index.dtype)
    for column in layer.columns:
        if column == "geometry":
            row["geometry"] = [point]
        elif column in values:
            row[column] = pd.Series([values[column]], row.index).astype(layer[column].dtype)
        else:
            kind = layer[column].dtype
            blank = False if pd.api.types.is_bool_dtype(kind) else (
                0 if pd.api.types.is_integer_dtype(kind) else
                np.nan if pd.api.types.is_float_dtype(kind) else ""
            )  # fmt: skip
            row[column] = pd.Series([blank], row.index).astype(kind)
    return GeoDataFrame(pd.concat([layer, row]), geometry="geometry", crs=layer.crs)


def _venue_type(key: str) -> Any:
    """Find a type of venue by its key or its Chinese name."""
    kinds = venue_types()
    found = kinds.get(key) or next((kind for kind in kinds.values() if kind.name == key), None)
    if found is None:
        near = difflib.get_close_matches(key, list(kinds), 1, 0.4)
        facts = {"near": near[0] if near else "、".join(kinds)}
        raise StudyError(Fault("E-EDIT-TYPE", value=key, facts=facts))
    return found


def _unchanged(name: str, why: str, why_en: str) -> StudyError:
    return StudyError(Fault("E-EDIT-NO-CHANGE", value=name, facts={"why": why, "why_en": why_en}))


def _at(fault: Fault, number: int, edit: Edit) -> Fault:
    """Return a fault that names the edit it came from."""
    column = f"edits[{number}] {edit.do}"
    return Fault(fault.code, fault.file, fault.sheet, fault.row, column, fault.value, fault.facts)
