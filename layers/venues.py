"""
The venues: points with a type, a status and, where known, a capacity.

Also the venues of the buffer around the district: people cross borders.
"""

from __future__ import annotations

import csv
import datetime
import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher, get_close_matches
from functools import partial
from importlib.resources import files
from pathlib import Path

import numpy as np
import pandas as pd
import shapely
from geopandas import GeoDataFrame, GeoSeries

from ..geo.crs import require_metric
from ..geo.errors import LayerError
from .cells import CellError, choice, code, day, lookup_key, number, text, yes_no
from .columns import Column, Match, resolve
from .ledger import Ledger, listed
from .lookup import TOWN_ALIASES, town_named, town_names, warn_far_from_town
from .points import DATUM, LAT, LON, locate
from .tables import column_texts, open_ledger, parse_rows, read_table, refuse_twice

STATUSES = {
    "open": "open", "在用": "open", "开放": "open", "已开放": "open", "运营": "open",
    "正常": "open", "已建": "open", "建成": "open",
    "planned": "planned", "拟建": "planned", "规划": "planned", "在建": "planned",
    "筹建": "planned",
    "closed": "closed", "停用": "closed", "关闭": "closed", "撤销": "closed",
    "暂停": "closed", "suspended": "closed",
    "candidate": "candidate", "候选": "candidate", "备选": "candidate",
}  # fmt: skip
PRECISIONS = {letter: letter for letter in "ABCDE"} | {f"{letter}级": letter for letter in "ABCDE"}
CAPACITY_UNITS = {"座位数": "座", "床位数": "床", "学位数": "学位"}
"""Headers that say what they count."""
HEADER_REMARK = re.compile(r"[(（](.+)[)）]$")

TOWN_METRES = 500.0
"""A point this far from its stated town is worth a warning."""
SEVERAL = re.compile(r"[;；、,，/+]")
"""What stands between the types of a cell that holds more than one."""

TWIN_METRES = 50.0
TWIN_LIKENESS = 0.6
"""Venues of one type with names as alike, this near to each other, may be one."""
INSIDE_METRES = 1.0


@dataclass(frozen=True)
class VenueType:
    """A row of `data/venue_types.csv`: its key, its Chinese name and the other spellings."""

    key: str
    name: str
    spellings: tuple[str, ...]


def venue_types() -> dict[str, VenueType]:
    """Read the types of the package, by key."""
    root = files(__package__.rpartition(".")[0])
    lines = (root / "data" / "venue_types.csv").read_text("utf-8-sig").splitlines()
    return {
        row["key"]: VenueType(
            row["key"],
            row["name_zh"],
            (row["key"], row["name_zh"], row["name_en"], *filter(None, row["aliases"].split(";"))),
        )
        for row in csv.DictReader(lines)
    }


def venue_type(types: Mapping[str, VenueType], cell: str) -> str:
    """Read the key of the one type that a cell names."""
    keys = {lookup_key(word): kind.key for kind in types.values() for word in kind.spellings}
    key = lookup_key(text(cell))
    if key in keys:
        return keys[key]
    parts = [part for part in SEVERAL.split(key) if part]
    if len(parts) > 1 and any(part in keys for part in parts):
        raise CellError("Q-TYPE-SEVERAL")
    near = get_close_matches(key, keys, 1, 0.5)
    raise CellError("Q-TYPE", near=types[keys[near[0]]].name if near else "—")


def venue_columns(types: Mapping[str, VenueType]) -> tuple[Column, ...]:
    """Return the columns of a table of venues."""
    optional = partial(Column, required=False, filled=False)
    name = partial(text, most=100)
    return (
        Column("venue", ("编号", "设施编号", "场馆编号", "统一编码", "ID", "venue_id"), code),
        Column("name", ("名称", "设施名称", "场馆名称", "单位名称", "name"), name),
        Column("type", ("类型", "类别", "设施类型", "type"), partial(venue_type, types)),
        LON, LAT, DATUM,
        Column("status", ("状态", "运营状态", "status"), choice(STATUSES)),
        optional("town", TOWN_ALIASES, text),
        optional("capacity", ("容量", "服务能力", *CAPACITY_UNITS, "capacity"), number),
        optional("capacity_unit", ("容量单位", "capacity_unit"), text),
        optional("groups", ("服务对象", "服务人群", "groups"), text),
        optional("precision", ("点位精度", "精度", "precision"), choice(PRECISIONS)),
        optional("address", ("地址", "详细地址", "address"), text),
        optional("public", ("是否对外开放", "对外开放", "public"), yes_no),
        optional("opened", ("启用日期", "开放日期", "建成日期", "open_date"), day),
        optional("closed", ("关闭日期", "停用日期", "close_date"), day),
        optional("source", ("来源", "数据来源", "source"), text),
        optional("as_of", ("数据日期", "更新日期", "as_of"), text),
    )  # fmt: skip


def read_venues(
    path: Path | str,
    *,
    datum: str | None,
    towns: GeoDataFrame,
    buffer_metres: float,
    date: datetime.date,
    sheet: str | None = None,
    types: Mapping[str, VenueType] | None = None,
    accept_datum: bool = False,
) -> tuple[GeoDataFrame, Ledger]:
    """
    Read the table of venues.

    Parameters
    ----------
    path, sheet
        CSV or XLSX.
    datum
        What longitudes and latitudes are declared to be; a column 坐标系 may say otherwise by row.
    towns
        From `read_towns`.
    buffer_metres
        How far outside the district venues are taken.
    date
        The day of the analysis: what opens later is planned, what closed before is closed.
    types
        Known types, by default those of the package.
    accept_datum
        Whether a contradiction about the datum is only a warning.

    Returns
    -------
    GeoDataFrame
        Index `venue`: texts, unique, in the order of the table. Columns `name`, `type`,
        `type_name`, `status` (open, planned, closed, candidate), `capacity` (none: NaN),
        `capacity_unit`, `groups`, `precision` (A to E or empty), `address`, `town` (code, the
        stated one or empty), `public`, `outside` (of all towns), `source`, `as_of`, geometry in the
        reference system of `towns`.
    Ledger
        What became of the rows.

    Raises
    ------
    LayerError
        The file as a whole is wrong, or no row of it can be used.
    """
    crs = require_metric(towns, "towns")
    types = venue_types() if types is None else types
    table = read_table(path, sheet=sheet)
    ledger = open_ledger(table)
    matches = resolve(list(table.cells.columns), venue_columns(types), ledger)
    values = parse_rows(table, matches, ledger, totals=("venue", "name"))
    refuse_twice(values["venue"], matches["venue"].header, ledger)
    points = locate(
        values, matches, ledger, towns,
        datum=datum, reach_metres=buffer_metres, accept_datum=accept_datum,
    )  # fmt: skip
    _check_days(values, matches, ledger)
    if "capacity" in matches:
        values["capacity_unit"] = _capacity_units(values, matches["capacity"].header)
    ledger.settle(table.cells, table.blank)
    if not ledger.ok:
        raise LayerError(ledger.fault("E-NONE-LEFT"), *ledger.faults)
    kept = values.loc[~values.index.isin(sorted(ledger.refused))]
    frame = _frame(kept, points.loc[kept.index], types, towns)
    frame["status"] = _status(kept, date, ledger)
    if not frame["public"].all():
        ledger.warn("W-NOT-PUBLIC", rows=listed(frame.index[~frame["public"]]))
    frame["town"] = _stated_towns(kept, frame, towns, ledger)
    _warn_twins(frame, list(kept["venue"]), ledger)
    return frame.set_index(pd.Index(kept["venue"].astype(str), name="venue")).set_crs(crs), ledger


def _check_days(values: pd.DataFrame, matches: Mapping[str, Match], ledger: Ledger) -> None:
    if {"opened", "closed"} <= set(values.columns):
        both = values[values["opened"].notna() & values["closed"].notna()]
        for row in both.index[[a > b for a, b in zip(both["opened"], both["closed"], strict=True)]]:
            ledger.refuse(row, "Q-DAYS", matches["closed"].header, both.at[row, "closed"])


def _capacity_units(values: pd.DataFrame, header: str) -> pd.Series:
    """Return the stated unit, else the one that the header of the capacities names."""
    remark = HEADER_REMARK.search(header)
    implied = remark[1] if remark else CAPACITY_UNITS.get(header, "")
    stated = column_texts(values, "capacity_unit")
    return stated.where((stated != "") | values["capacity"].isna(), implied)


def _frame(
    values: pd.DataFrame, points: GeoSeries, types: Mapping[str, VenueType], towns: GeoDataFrame
) -> GeoDataFrame:
    """Return the columns that rest on their own cells."""
    texts = ("capacity_unit", "groups", "precision", "address", "source", "as_of")
    capacity = values["capacity"] if "capacity" in values.columns else np.nan
    public = values["public"] if "public" in values.columns else pd.Series(True, values.index)
    away = shapely.distance(np.asarray(points, object), towns.union_all())
    columns = {
        "name": values["name"].astype(str),
        "type": values["type"].astype(str),
        "type_name": pd.Series([types[key].name for key in values["type"]], values.index, str),
        "status": "",
        "capacity": pd.Series(capacity, values.index).astype(float),
        **{name: column_texts(values, name) for name in texts},
        "town": "",
        "public": public.where(public.notna(), True).astype(bool),
        "outside": away > INSIDE_METRES,
    }
    order = [
        "name", "type", "type_name", "status", "capacity", "capacity_unit", "groups", "precision",
        "address", "town", "public", "outside", "source", "as_of",
    ]  # fmt: skip
    return GeoDataFrame(columns, geometry=points, index=values.index)[[*order, "geometry"]]


def _status(values: pd.DataFrame, date: datetime.date, ledger: Ledger) -> pd.Series:
    """Return the status on the day of the analysis."""
    status = values["status"].astype(str)
    for name, code_, turned, late in (
        ("opened", "W-OPENS-LATER", "planned", True),
        ("closed", "W-CLOSED-BEFORE", "closed", False),
    ):
        if name not in values.columns:
            continue
        stated = zip(values.index, values[name], status, strict=True)
        rows = [
            row
            for row, day_, now in stated
            if now == "open" and day_ is not None and (day_ > date if late else day_ <= date)
        ]
        if rows:
            status.loc[rows] = turned
            ledger.warn(code_, count=len(rows), date=date, rows=listed(rows))
    return status


def _stated_towns(
    values: pd.DataFrame, frame: GeoDataFrame, towns: GeoDataFrame, ledger: Ledger
) -> list[str]:
    """Return the code of the stated town, empty where none of ours is stated."""
    names = town_names(towns)
    stated = column_texts(values, "town")
    codes = [town_named(name, names) or "" for name in stated]
    strange = [
        row
        for row, name, town, outside in zip(
            values.index, stated, codes, frame["outside"], strict=True
        )
        if name and not town and not outside
    ]
    if strange:
        ledger.warn("W-TOWN-UNKNOWN", known="、".join(towns["name"]), rows=listed(strange))
    warn_far_from_town(frame.geometry, codes, towns, TOWN_METRES, ledger)
    return codes


def _warn_twins(frame: GeoDataFrame, ids: list[str], ledger: Ledger) -> None:
    """Warn of venues that may be one: same type, near, names alike, neither closed."""
    shapes = np.asarray(frame.geometry, object)
    one, other = shapely.STRtree(shapes).query(shapes, predicate="dwithin", distance=TWIN_METRES)
    kinds, names = frame["type"].tolist(), [lookup_key(name) for name in frame["name"]]
    closed = (frame["status"] == "closed").tolist()
    twins = [
        f"{ids[i]} = {ids[j]}"
        for i, j in sorted(zip(one.tolist(), other.tolist(), strict=True))
        if i < j
        and kinds[i] == kinds[j]
        and not (closed[i] or closed[j])
        and SequenceMatcher(None, names[i], names[j], autojunk=False).ratio() >= TWIN_LIKENESS
    ]
    if twins:
        ledger.warn("W-TWINS", count=len(twins), venues=listed(twins))
