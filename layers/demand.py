"""
The demand: places with people, each in exactly one town, nobody lost.

`people_in == people_ok + people_quarantined` holds exactly; a place whose people cannot be read is
counted apart.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import pandas as pd
from geopandas import GeoDataFrame, GeoSeries

from ..geo.crs import require_metric
from ..geo.errors import LayerError
from .cells import PEOPLE_UNITS, CellError, choice, code, people, text
from .columns import Column, Match, resolve
from .ledger import Ledger, listed
from .lookup import TOWN_ALIASES, town_at, town_named, town_names, warn_far_from_town
from .points import DATUM, LAT, LON, locate
from .tables import Table, column_texts, open_ledger, parse_rows, read_table, refuse_twice
from .venues import PRECISIONS

GROUPS = {
    "elderly": ("老年人口", "老年人", "60岁及以上人口", "60岁以上人口", "elderly"),
    "youth": ("青少年人口", "青少年", "youth"),
    "farmers": ("农民人口", "农民", "farmers"),
    "workers": ("产业工人人口", "产业工人", "workers"),
    "officials": ("干部人口", "领导干部人口", "干部", "officials"),
}
PEOPLE_ALIASES = ("人口", "总人口", "人口数", "people", "population")
POPULATIONS = {
    "resident": ("常住人口", "常住人口数"),
    "registered": ("户籍人口", "户籍人口数"),
    "census": ("普查人口", "人口普查", "常住人口", "常住人口数"),
}
"""Headers that only one kind of population has; a study names its kind."""
RURALS = {
    "城镇": "urban", "城市": "urban", "urban": "urban",
    "乡村": "rural", "农村": "rural", "rural": "rural",
    **dict.fromkeys(("111", "112", "121", "122", "123"), "urban"),
    **dict.fromkeys(("210", "220"), "rural"),
}  # fmt: skip
"""Words, and the classes of the NBS code of urban and rural division."""
RURAL_BY_NAME = (
    (re.compile(r".*(居委会|居民委员会|社区)"), False),
    (re.compile(r".*(村委会|村民委员会|村)"), True),
)

STATED_TOWN_METRES = 2000.0
"""A place may lie this far outside the town that it states: outlines are coarse."""
REACH_METRES = 50_000.0
"""Farther from the district a point is not a place of it at all."""
PLACE_MOST = 200_000
"""More people than this in one place are worth a second look at the unit."""


def demand_columns(population: str | None) -> tuple[Column, ...]:
    """Return the columns of a table of places, for a kind of population or for any."""
    kinds = [population] if population else list(POPULATIONS)
    aliases = dict.fromkeys(alias for kind in kinds for alias in POPULATIONS[kind])
    counted = partial(
        Column, parse=people, units={unit: partial(people, unit=unit) for unit in PEOPLE_UNITS}
    )
    return (
        Column("place", ("代码", "村代码", "编号", "行政区划代码", "统计用区划代码", "place_id",
                         "place", "code"), code),
        Column("name", ("名称", "村名", "行政村", "社区", "name"), partial(text, most=100)),
        LON, LAT, DATUM,
        counted("people", (*aliases, *PEOPLE_ALIASES)),
        Column("town", TOWN_ALIASES, text, required=False, filled=False),
        Column("rural", ("城乡", "城乡分类", "城乡分类代码", "urban_rural", "rural"),
               choice(RURALS), required=False, filled=False),
        *(counted(group, names, required=False) for group, names in GROUPS.items()),
        Column("precision", ("点位精度", "精度", "precision"), choice(PRECISIONS),
               required=False, filled=False),
    )  # fmt: skip


def read_demand(
    path: Path | str,
    *,
    datum: str | None,
    towns: GeoDataFrame,
    sheet: str | None = None,
    population: str | None = None,
    accept_datum: bool = False,
) -> tuple[GeoDataFrame, Ledger]:
    """
    Read the table of places where people live.

    Parameters
    ----------
    path, sheet
        CSV or XLSX.
    datum
        What longitudes and latitudes are declared to be; a column 坐标系 may say otherwise by row.
    towns
        From `read_towns`.
    population
        "resident", "registered" or "census": which column counts, if there are several.
    accept_datum
        Whether a contradiction about the datum is only a warning.

    Returns
    -------
    GeoDataFrame
        Index `place`: texts, unique, in the order of the table. Columns `name`, `town` (code),
        `rural`, `people`, those of `GROUPS` that the table has, `precision` (A to E or empty),
        geometry in the reference system of `towns`.
    Ledger
        What became of the rows and the people.

    Raises
    ------
    LayerError
        The file as a whole is wrong, no row of it can be used, or nobody lives anywhere.
    """
    require_metric(towns, "towns")
    table = read_table(path, sheet=sheet)
    ledger = open_ledger(table)
    matches = resolve(list(table.cells.columns), demand_columns(population), ledger)
    values = parse_rows(table, matches, ledger, totals=("place", "name", "town"))
    refuse_twice(values["place"], matches["place"].header, ledger)
    _check_groups(values, matches, ledger)
    points = locate(
        values, matches, ledger, towns,
        datum=datum, reach_metres=REACH_METRES, accept_datum=accept_datum,
    )  # fmt: skip
    codes = _towns(values, points, matches, towns, ledger)
    read = zip(values.index, values["people"], strict=True)
    counted = {int(row): int(n) for row, n in read if n is not None}
    ledger.settle(table.cells, table.blank, counted)
    _check_people(table, values, matches["people"], ledger)
    kept = ~values.index.isin(sorted(ledger.refused))
    frame = _frame(values[kept], codes[kept], points[kept], towns, ledger)
    return frame, ledger


def _check_groups(values: pd.DataFrame, matches: Mapping[str, Match], ledger: Ledger) -> None:
    for group in [name for name in GROUPS if name in values.columns]:
        for row, part, whole in zip(values.index, values[group], values["people"], strict=True):
            if part is not None and whole is not None and part > whole:
                ledger.refuse(row, "Q-GROUP", matches[group].header, part, people=whole)


def _towns(
    values: pd.DataFrame,
    points: GeoSeries,
    matches: Mapping[str, Match],
    towns: GeoDataFrame,
    ledger: Ledger,
) -> pd.Series:
    """Return the one town of every place: the stated one, else the one that holds the point."""
    names = town_names(towns)
    known = "、".join(towns["name"])
    codes: list[str] = []
    stated = column_texts(values, "town")
    held = town_at(points, towns)
    for row, name, point, at in zip(values.index, stated, points, held, strict=True):
        town = town_named(name, names) if name else at
        header = matches["town"].header if "town" in matches else None
        if name and town is None:
            ledger.refuse(row, "Q-TOWN-UNKNOWN", header, name, known=known)
        elif point is not None and town is None:
            ledger.refuse(row, "Q-OUTSIDE", value=values.at[row, "name"])
        elif point is not None and town != at:
            metres = point.distance(towns.geometry[town])
            if metres > STATED_TOWN_METRES:
                ledger.refuse(row, "Q-TOWN-FAR", header, name, metres=f"{metres:.0f}")
        codes.append(town or "")
    return pd.Series(codes, index=values.index, dtype=str)


def _check_people(table: Table, values: pd.DataFrame, match: Match, ledger: Ledger) -> None:
    """Stop if nobody is left; warn of total rows that do not add up and of unlikely numbers."""
    if not ledger.people_ok:
        raise LayerError(ledger.fault("E-PEOPLE-ZERO"), *ledger.faults)
    many = [row for row, n in values["people"].items() if n is not None and n > PLACE_MOST]
    if many:
        ledger.warn("W-PEOPLE-MANY", match.header, most=PLACE_MOST, rows=listed(many))
    totals = {fault.row for fault in ledger.faults if fault.code == "Q-TOTAL"}
    since = everything = 0
    for row, cell in table.cells[match.header].items():
        if row not in totals:
            counted = values["people"].get(row) or 0
            since, everything = since + counted, everything + counted
            continue
        try:
            stated = match.parse(cell)
        except CellError:
            stated = None
        if stated not in (since, everything, ledger.people_in):
            ledger.warn("W-TOTAL", match.header, total=cell, row=row, sum=everything)
        since = 0


def _frame(
    values: pd.DataFrame, codes: pd.Series, points: GeoSeries, towns: GeoDataFrame, ledger: Ledger
) -> GeoDataFrame:
    places = pd.Index(values["place"].astype(str), name="place")
    empty = [towns["name"][town] for town in towns.index if town not in set(codes)]
    if empty:
        ledger.warn("W-TOWN-EMPTY", names=listed(empty))
    warn_far_from_town(points, list(codes), towns, 0.0, ledger)
    columns = {
        "name": values["name"].astype(str),
        "town": codes,
        "rural": _rural(values, list(codes), towns, ledger),
        "people": values["people"].astype("int64"),
        **{name: values[name].astype("int64") for name in GROUPS if name in values.columns},
        "precision": column_texts(values, "precision"),
    }
    return GeoDataFrame(columns, geometry=points, crs=towns.crs).set_index(places)


def _rural(
    values: pd.DataFrame, codes: Sequence[str], towns: GeoDataFrame, ledger: Ledger
) -> list[bool]:
    """Return whether each place is rural: as stated, else by its name, else as its town."""
    by_name = by_town = 0
    rural = []
    stated = column_texts(values, "rural")
    for word, name, town in zip(stated, values["name"], codes, strict=True):
        named = next((is_rural for words, is_rural in RURAL_BY_NAME if words.fullmatch(name)), None)
        if word:
            rural.append(word == "rural")
        elif named is not None:
            rural.append(named)
            by_name += 1
        else:
            rural.append(towns["kind"][town] == "rural")
            by_town += 1
    if by_name or by_town:
        ledger.warn("W-RURAL", by_name=by_name, by_town=by_town)
    return rural
