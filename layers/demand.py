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
from .cells import PEOPLE_UNITS, CellError, choice, code, people, words, yes_no
from .columns import Column, Match, resolve
from .corrections import read_corrected
from .features import read_records
from .ledger import Ledger, listed
from .lookup import TOWN_ALIASES, TOWN_CODE_ALIASES, warn_far_from_town
from .places import check_totals, place_towns
from .points import DATUM, LAT, LON, locate
from .rows import column_texts, parse_rows, refuse_twice
from .tables import Table, open_ledger
from .venue_columns import PRECISIONS

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

UNIT_LINE = re.compile(r"单位 ?[:：] ?(千人|万人|万|人)")
COUNTY_CODE = re.compile(r"[0-9]{6}000000")
"""A county, or what is left of the code of a village once a spreadsheet has rounded it."""

REACH_METRES = 50_000.0
"""Farther from the district a point is not a place of it at all."""


def place_code(cell: str) -> str:
    """Read the code of a place; that of a county is none."""
    value = code(cell)
    if COUNTY_CODE.fullmatch(value):
        raise CellError("Q-CODE-SPOILT")
    return value


def demand_columns(population: str | None) -> tuple[Column, ...]:
    """Return the columns of a table of places, for a kind of population or for any."""
    kinds = [population] if population else list(POPULATIONS)
    aliases = dict.fromkeys(alias for kind in kinds for alias in POPULATIONS[kind])
    counted = partial(
        Column, parse=people, spread=False,
        units={unit: partial(people, unit=unit) for unit in PEOPLE_UNITS},
    )  # fmt: skip
    optional = partial(Column, required=False, filled=False)
    return (
        Column("place", ("代码", "村代码", "编号", "行政区划代码", "统计用区划代码", "统计代码",
                         "区划代码", "place_id", "place", "code"), place_code),
        Column("name", ("名称", "村名", "行政村", "社区", "村（社区）", "村（居）", "村居",
                        "村（居）委会", "村（社区）名称", "村（居）名称", "name"),
               partial(words, most=100)),
        LON, LAT, DATUM,
        counted("people", (*aliases, *PEOPLE_ALIASES), whole=PEOPLE_ALIASES),
        optional("town", TOWN_ALIASES, words),
        optional("town_code", TOWN_CODE_ALIASES, code),
        optional("rural", ("城乡", "城乡分类", "城乡分类代码", "urban_rural", "rural"),
                 choice(RURALS)),
        *(counted(group, names, required=False) for group, names in GROUPS.items()),
        optional("precision", ("点位精度", "精度", "precision"), choice(PRECISIONS)),
        optional("virtual", ("虚拟", "虚拟单位", "是否虚拟", "virtual"), yes_no),
    )  # fmt: skip


def read_demand(
    path: Path | str,
    *,
    datum: str | None,
    towns: GeoDataFrame,
    sheet: str | None = None,
    header: int | None = None,
    columns: Mapping[str, str] | None = None,
    corrections: Path | str | None = None,
    population: str | None = None,
    accept_datum: bool = False,
) -> tuple[GeoDataFrame, Ledger]:
    """
    Read the table of places where people live.

    Parameters
    ----------
    path, sheet, header
        CSV, a workbook or a spatial file; its sheet or layer, and the row of its header, where
        they cannot be told.
    datum
        What the coordinates are declared to be; a column 坐标系 may say otherwise by row. May be
        none if a spatial file bears a reference system.
    towns
        From `read_towns`.
    columns
        Headers as they stand by the names of columns; they override the known aliases.
    corrections
        A corrected quarantine of this table; its rows replace those that were refused.
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
        What became of the rows and the people. Virtual units without people are set apart.

    Raises
    ------
    LayerError
        The file as a whole is wrong, no row of it can be used, or nobody lives anywhere.
    """
    require_metric(towns, "towns")
    known = demand_columns(population)
    table = read_records(path, known, sheet=sheet, header=header, stated=columns)

    def read(table: Table) -> tuple[GeoDataFrame, Ledger]:
        ledger = open_ledger(table)
        matches = resolve(list(table.cells.columns), known, ledger, columns)
        _check_unit(table, matches["people"], ledger)
        values = parse_rows(
            table, matches, ledger, totals=("place", "name", "town"), apart=("virtual", "people")
        )
        refuse_twice(values["place"], matches["place"].header, ledger)
        _check_groups(values, matches, ledger)
        points = locate(
            table, values, matches, ledger, towns,
            datum=datum, reach_metres=REACH_METRES, accept_datum=accept_datum,
        )  # fmt: skip
        codes = place_towns(values, points, matches, towns, ledger)
        counted = zip(values.index, values["people"], strict=True)
        people_of = {int(row): int(n) for row, n in counted if n is not None}
        ledger.settle(table.cells, table.blank, people_of)
        check_totals(table, values, codes, matches["people"], ledger)
        kept = ~values.index.isin(sorted(ledger.refused))
        return _frame(values[kept], codes[kept], points[kept], towns, ledger), ledger

    return read(table) if corrections is None else read_corrected(table, corrections, read)


def _check_unit(table: Table, match: Match, ledger: Ledger) -> None:
    """Stop where a title or a note states another unit than the header, which states none."""
    for row, line in (*table.titles, *table.notes):
        found = UNIT_LINE.search(line)
        if found and not match.unit and PEOPLE_UNITS[found[1]] != 1:
            facts = {"unit": found[1]}
            raise LayerError(ledger.fault("E-UNIT-LINE", row, match.header, line, **facts))


def _check_groups(values: pd.DataFrame, matches: Mapping[str, Match], ledger: Ledger) -> None:
    for group in [name for name in GROUPS if name in values.columns]:
        for row, part, whole in zip(values.index, values[group], values["people"], strict=True):
            if part is not None and whole is not None and part > whole:
                ledger.refuse(row, "Q-GROUP", matches[group].header, part, people=whole)


def _frame(
    values: pd.DataFrame, codes: pd.Series, points: GeoSeries, towns: GeoDataFrame, ledger: Ledger
) -> GeoDataFrame:
    places = pd.Index(values["place"].astype(str), name="place")
    empty = [towns["name"][town] for town in towns.index if town not in set(codes)]
    if empty:
        ledger.warn("W-TOWN-EMPTY", names=listed(empty))
    warn_far_from_town(points, list(codes), towns, 0.0, ledger)
    _warn_same_names(values, codes, towns, ledger)
    columns = {
        "name": values["name"].astype(str),
        "town": codes,
        "rural": _rural(values, list(codes), towns, ledger),
        "people": values["people"].astype("int64"),
        **{name: values[name].astype("int64") for name in GROUPS if name in values.columns},
        "precision": column_texts(values, "precision"),
        "datum": column_texts(values, "datum"),
    }
    return GeoDataFrame(columns, geometry=points, crs=towns.crs).set_index(places)


def _warn_same_names(
    values: pd.DataFrame, codes: pd.Series, towns: GeoDataFrame, ledger: Ledger
) -> None:
    """Warn about places of one name in one town: entered twice, their people count twice."""
    rows: dict[tuple[str, str], list[int]] = {}
    for row, town, name in zip(values.index, codes, values["name"], strict=True):
        rows.setdefault((str(town), str(name)), []).append(int(row))
    twice = {key: found for key, found in rows.items() if len(found) > 1}
    if twice:
        people = values.loc[[row for found in twice.values() for row in found[1:]], "people"]
        names = [
            f"{towns['name'][town]} {name}（{'、'.join(map(str, found))}）"
            for (town, name), found in twice.items()
        ]
        ledger.warn(
            "W-PLACE-TWICE", count=len(twice), people=int(people.sum()), names=listed(names)
        )


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
