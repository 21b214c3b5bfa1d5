"""Timed trips: from a place to a venue by a mode, in minutes, as somebody travelled them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import cast

import pandas as pd
from geopandas import GeoDataFrame

from ..geo.errors import LayerError
from .cells import CellError, choice, lookup_key, number, words
from .columns import Column, resolve
from .features import read_records
from .ledger import Ledger
from .rows import parse_rows
from .tables import open_ledger

MODES = {
    "walk": "walk", "步行": "walk", "走路": "walk",
    "ebike": "ebike", "电动自行车": "ebike", "电动车": "ebike", "电瓶车": "ebike",
    "car": "car", "驾车": "car", "开车": "car", "汽车": "car", "自驾": "car",
}  # fmt: skip
LONGEST_MINUTES = 600.0


def trip_minutes(cell: str) -> float:
    """Read the minutes of a trip, above zero."""
    value = number(cell)
    if not 0 < value <= LONGEST_MINUTES:
        raise CellError("Q-TRIP-MINUTES", most=f"{LONGEST_MINUTES:g}")
    return value


COLUMNS = (
    Column("from", ("起点", "出发地", "村（社区）", "from"), words),
    Column("to", ("终点", "目的地", "设施", "to"), words),
    Column("mode", ("方式", "出行方式", "mode"), choice(MODES)),
    Column("minutes", ("分钟", "实测分钟", "用时", "用时（分钟）", "minutes"), trip_minutes),
)


def read_trips(
    path: Path | str,
    *,
    demand: GeoDataFrame,
    venues: GeoDataFrame,
    sheet: str | None = None,
    header: int | None = None,
    columns: Mapping[str, str] | None = None,
) -> tuple[pd.DataFrame, Ledger]:
    """
    Read a table of timed trips.

    Parameters
    ----------
    path, sheet, header, columns
        As in `read_venues`.
    demand, venues
        Where trips begin and end: code or name of a place, number or name of a venue; a name that
        several bear is refused.

    Returns
    -------
    DataFrame
        `place`, `venue` (identifiers), `mode`, `minutes`; index `row`.
    Ledger
        What became of the rows.

    Raises
    ------
    LayerError
        The file as a whole is wrong, or no row of it can be used.
    """
    table = read_records(path, COLUMNS, sheet=sheet, header=header, stated=columns)
    ledger = open_ledger(table)
    matches = resolve(list(table.cells.columns), COLUMNS, ledger, columns)
    values = parse_rows(table, matches, ledger)
    ends = {"from": ("place", _finder(demand)), "to": ("venue", _finder(venues))}
    found = values[["mode", "minutes"]]
    for column, (name, find) in ends.items():
        identifiers: list[str | None] = []
        for key, cell in values[column].items():
            known = None if cell is None else find(str(cell))
            if cell is not None and known is None:
                ledger.refuse(cast(int, key), "Q-TRIP-END", matches[column].header, cell)
            identifiers.append(known)
        found = found.assign(**{name: pd.Series(identifiers, found.index, dtype=object)})
    ledger.settle(table.cells, table.blank)
    if not ledger.ok:
        raise LayerError(ledger.fault("E-NONE-LEFT"), *ledger.faults)
    kept = found.loc[~found.index.isin(sorted(ledger.refused))]
    ordered = kept[["place", "venue", "mode", "minutes"]]
    return ordered.assign(minutes=ordered["minutes"].astype(float)), ledger


def _finder(layer: GeoDataFrame) -> Callable[[str], str | None]:
    """Return what finds an identifier by itself or by a name that only one bears."""
    known: dict[str, list[str]] = {}
    names: dict[str, list[str]] = {}
    for identifier, name in layer["name"].items():
        known.setdefault(lookup_key(str(identifier)), []).append(str(identifier))
        names.setdefault(lookup_key(str(name)), []).append(str(identifier))

    def find(cell: str) -> str | None:
        if cell in layer.index:
            return cell
        key = lookup_key(cell)
        bearers = known.get(key) or names.get(key, [])
        return bearers[0] if len(bearers) == 1 else None

    return find
