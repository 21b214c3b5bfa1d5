"""The edits of a scenario on venues; each returns what it did, in Chinese."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely

from .coverage.opening import opening
from .geo.errors import Fault, StudyError
from .layers.venue_cells import TARGETS
from .layers.venues import venue_types
from .scenario_draft import Draft, with_row
from .scenario_keys import (
    AddVenue,
    ChangeCapacity,
    ChangeHours,
    CloseVenues,
    MoveVenue,
    OpenVenues,
    UpgradeVenue,
)


def open_venues(draft: Draft, edit: OpenVenues) -> str:
    """Open venues that are not."""
    names = draft.known(edit.venue)
    for name in names:
        if draft.venues.at[name, "status"] == "open":
            raise _unchanged(name, "已经在用", "it is open already")
    draft.venues.loc[names, "status"] = "open"
    return f"启用 {draft.titles(names)}"


def close_venues(draft: Draft, edit: CloseVenues) -> str:
    """Close; what the scenario itself had opened or added becomes what it was before."""
    names, title = draft.known(edit.venue), draft.titles(edit.venue)
    was = draft.before.survey.venues["status"]
    for name in names:
        if draft.venues.at[name, "status"] != "open":
            raise _unchanged(name, "本来没有在用", "it is not open")
        if name not in was.index:
            draft.venues = draft.venues.drop(index=name)
            draft.site_of = draft.site_of.drop(index=name)
        else:
            now = str(was[name])
            draft.venues.loc[name, "status"] = "closed" if now == "open" else now
    return f"关闭 {title}"


def add_venue(draft: Draft, edit: AddVenue) -> str:
    """Add a venue, open from now on."""
    draft.require_new(edit.id, draft.venues.index)
    point = draft.point(edit.lon, edit.lat, edit.datum, buffered=True)
    kind = _venue_type(edit.type)
    _require_understood(edit.days, edit.hours)
    name = edit.name or f"新增{kind.name}（{edit.id}）"
    values = {
        "name": name, "type": kind.key, "type_name": kind.name, "status": "open",
        "capacity": np.nan if edit.capacity is None else edit.capacity,
        "capacity_unit": edit.capacity_unit, "days": edit.days, "hours": edit.hours,
        "town": draft.town_at(point) or "", "public": True, "outside": not draft.town_at(point),
        "source": f"情景：{draft.scenario.name}", **_audience(edit.serves),
    }  # fmt: skip
    draft.venues = with_row(draft.venues, edit.id, values, point)
    draft.at_new_site(edit.id, point)
    return f"新增 {name}" if edit.name else name


def move_venue(draft: Draft, edit: MoveVenue) -> str:
    """Move a venue to where its times are not known yet."""
    (name,) = draft.known([edit.venue])
    point = draft.point(edit.lon, edit.lat, edit.datum, buffered=True)
    away = float(shapely.distance(point, draft.venues.geometry[name]))
    if away == 0:
        raise _unchanged(name, "位置没有变", "it does not move")
    draft.venues.loc[name, "geometry"] = point
    town = draft.town_at(point)
    draft.venues.loc[name, "town"] = town or ""
    draft.venues.loc[name, "outside"] = not town
    draft.at_new_site(name, point)
    return f"迁移 {draft.titles([name])}（直线{away:.0f}米）"


def upgrade_venue(draft: Draft, edit: UpgradeVenue) -> str:
    """Add a function to a house, or put it in the place of the old one."""
    (host,) = draft.known([edit.venue])
    kind = _venue_type(edit.type)
    if draft.venues.at[host, "type"] == kind.key:
        raise _unchanged(host, "已经是这一类型", "it is of this type already")
    values: dict[str, Any] = {"type": kind.key, "type_name": kind.name, "status": "open"}
    if edit.capacity is not None:
        values |= {"capacity": edit.capacity, "capacity_unit": edit.capacity_unit}
    if edit.serves is not None:
        values |= _audience(edit.serves)
    title = draft.titles([host])
    if not edit.keep:
        for column, value in values.items():
            draft.venues.loc[host, column] = value
        return f"{title} 改为{kind.name}"
    twin = f"{host}+{kind.key}"
    draft.require_new(twin, draft.venues.index)
    row = draft.venues.loc[host]
    own = {name: row[name] for name in draft.venues.columns if name != "geometry"}
    values |= {"name": f"{row['name']}（加挂{kind.name}）"}
    draft.venues = with_row(draft.venues, twin, {**own, **values}, row["geometry"])
    draft.site_of.loc[twin] = draft.site_of[host]
    return f"{title} 加挂{kind.name}"


def change_capacity(draft: Draft, edit: ChangeCapacity) -> str:
    """Change what a venue holds."""
    (name,) = draft.known([edit.venue])
    unit = edit.capacity_unit
    same = unit is None or unit == draft.venues.at[name, "capacity_unit"]
    if draft.venues.at[name, "capacity"] == edit.capacity and same:
        raise _unchanged(name, "容量没有变", "its capacity is the same")
    draft.venues.loc[name, "capacity"] = edit.capacity
    if unit is not None:
        draft.venues.loc[name, "capacity_unit"] = unit
    return f"{draft.titles([name])} 容量改为 {edit.capacity:.12g}"


def change_hours(draft: Draft, edit: ChangeHours) -> str:
    """Change when a venue is open."""
    (name,) = draft.known([edit.venue])
    said = {"days": edit.days, "hours": edit.hours}
    new = {column: text for column, text in said.items() if text is not None}
    if all(draft.venues.at[name, column] == text for column, text in new.items()):
        raise _unchanged(name, "开放时间没有变", "its hours are the same")
    _require_understood(edit.days or "", edit.hours or "")
    for column, text in new.items():
        draft.venues.loc[name, column] = text
    return f"{draft.titles([name])} 开放时间改为 {' '.join(filter(None, new.values())) or '不明'}"


def _venue_type(key: str) -> Any:
    """Find a type of venue by its key or its Chinese name."""
    kinds = venue_types()
    found = kinds.get(key) or next((kind for kind in kinds.values() if kind.name == key), None)
    if found is None:
        near = difflib.get_close_matches(key, list(kinds), 1, 0.4)
        facts = {"near": near[0] if near else "、".join(kinds)}
        raise StudyError(Fault("E-EDIT-TYPE", value=key, facts=facts))
    return found


def _audience(groups: Sequence[str]) -> dict[str, str]:
    """Return the cells of a venue that is for some groups; for none named it is for everybody."""
    words = "、".join(TARGETS[group][0] for group in groups)
    return {"targets": ";".join(groups), "groups": words}


def _require_understood(days: str, hours: str) -> None:
    """Refuse hours that would count as not known though the planner means to know them."""
    known = opening(days, hours)
    strange = [
        text for text, found in ((days, known.days), (hours, known.spans)) if text and found is None
    ]
    if strange:
        raise StudyError(*(Fault("E-EDIT-HOURS", value=text) for text in strange))


def _unchanged(name: str, why: str, why_en: str) -> StudyError:
    return StudyError(Fault("E-EDIT-NO-CHANGE", value=name, facts={"why": why, "why_en": why_en}))
