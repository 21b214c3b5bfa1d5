"""What a planted fault is, and the tools that plant it."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import openpyxl
import shapely

from kepu.geo.crs import gcj02_to_bd09, wgs84_to_gcj02

SHIFTS = {
    "GCJ02": wgs84_to_gcj02,
    "BD09": lambda lon, lat: gcj02_to_bd09(*wgs84_to_gcj02(lon, lat)),
}
FIRST_ROW = 2
"""The number that Excel shows for the first place."""
ROOM_ROW = 3
"""The second venue: the one room of a place with 1000 people."""


@dataclass(frozen=True)
class Planted:
    """
    One change of the healthy study, and what must come of it.

    Parameters
    ----------
    name
        Identifier in the catalogue of silent failures, and what is done.
    change
        Changes the files.
    exit, check
        Exit codes of `kepu run` and `kepu check`.
    codes, says
        What the messages must hold.
    people, room, hall
        By how many people the totals and the covered of two standards differ from the healthy run;
        `hall` as `people` unless told, none where it is not told by hand.
    table, row
        Where the quarantine must hold the row with its original cells.
    accept
        Run with --accept-quarantine.
    moved
        East and north, degrees: the same study elsewhere.
    also
        More to ask of the outcome, given the healthy one.
    """

    name: str
    change: Callable[[Any], object]
    exit: int
    check: int
    codes: tuple[str, ...]
    says: tuple[str, ...] = ()
    people: int = 0
    room: int | None = 0
    hall: int | None = None
    table: str = ""
    row: int = 0
    accept: bool = False
    moved: tuple[float, float] = (0.0, 0.0)
    also: Callable[[Any, Any], None] | None = None


FAULTS: list[Planted] = []


def planted(
    name: str, exit_code: int, *codes: str, check: int | None = None, **more: Any
) -> Callable[[Callable[[Any], object]], Callable[[Any], object]]:
    """Add a fault to the zoo; the function changes the healthy files."""

    def add(change: Callable[[Any], object]) -> Callable[[Any], object]:
        FAULTS.append(
            Planted(name, change, exit_code, exit_code if check is None else check, codes, **more)
        )
        return change

    return add


def bad_place(name: str, code: str, **cells: str) -> None:
    """Plant wrong cells in the first place: 10 people, who are covered by a room."""
    says = ("demand.csv", f"第{FIRST_ROW}行", f"row {FIRST_ROW}", *(c for c in cells.values() if c))
    planted(name, 2, code, says=says, people=-10, room=-10, table="demand", row=FIRST_ROW)(
        lambda files: files.demand[0].update(cells)
    )


def bad_venue(name: str, code: str, *, more: tuple[str, ...] = (), **cells: str) -> None:
    """Plant wrong cells in the one room of 1000 people."""
    says = ("venues.csv", f"第{ROOM_ROW}行", f"row {ROOM_ROW}", *(c for c in cells.values() if c))

    def change(files: Any) -> None:
        for column in cells:
            for row in files.venues:
                row.setdefault(column, "")
        files.venues[1].update(cells)

    planted(name, 2, code, says=(*says, *more), room=-1000, table="venues", row=ROOM_ROW)(change)


def shift(rows: list[dict[str, str]], datum: str) -> None:
    """Write the coordinates of rows in another datum."""
    lon = np.array([float(row["经度"]) for row in rows])
    lat = np.array([float(row["纬度"]) for row in rows])
    for row, x, y in zip(rows, *SHIFTS[datum](lon, lat), strict=True):
        row["经度"], row["纬度"] = f"{x:.6f}", f"{y:.6f}"


def swap(rows: list[dict[str, str]]) -> None:
    for row in rows:
        row["经度"], row["纬度"] = row["纬度"], row["经度"]


def retitle(rows: list[dict[str, str]], old: str, new: str) -> None:
    """Give a column another header."""
    changed = [{new if key == old else key: cell for key, cell in row.items()} for row in rows]
    rows[:] = changed


def add_column(rows: list[dict[str, str]], name: str, cell: str = "") -> None:
    for row in rows:
        row[name] = cell


def as_text(files: Any, table: str, change: Callable[[str], str | bytes]) -> None:
    """Change the text of a CSV file as it is written."""

    def encode(text: str) -> bytes:
        changed = change(text)
        return changed if isinstance(changed, bytes) else changed.encode("utf-8-sig")

    files.csv_bytes[f"{table}.csv"] = encode


def as_book(files: Any, table: str, change: Callable[[Any], object] = lambda sheet: None) -> None:
    """Write a table as a workbook; `change` has its sheet."""
    files.say(f'file = "{table}.csv"', f'file = "{table}.xlsx"')

    def write(folder: Path) -> None:
        book = openpyxl.Workbook()
        sheet = book.active
        rows = getattr(files, table)
        for cells in (list(rows[0]), *(list(row.values()) for row in rows)):
            sheet.append(cells)
        change(sheet)
        book.save(folder / f"{table}.xlsx")

    files.after.append(write)


def as_layer(
    files: Any,
    name: str,
    *,
    crs: int = 4326,
    label: int | None = None,
    datum: str | None = None,
    turned: bool = False,
    change: Callable[[Path], object] = lambda path: None,
    **options: Any,
) -> None:
    """Write the towns in another format and reference system, with the label of a third."""
    files.say('file = "towns.geojson"', f'file = "{name}"')
    files.say('datum = "WGS84"\nyear', f'datum = "{datum}"\nyear' if datum else "year")

    def write(folder: Path) -> None:
        towns = gpd.read_file(folder / "towns.geojson").set_crs(4326, allow_override=True)
        towns = towns.to_crs(crs)
        if turned:
            towns.geometry = shapely.transform(towns.geometry, lambda xy: xy[:, ::-1])
        towns = towns.set_crs(label or crs, allow_override=True)
        towns.rename(columns={"edition_year": "year"}).to_file(folder / name, **options)
        change(folder / name)

    files.after.append(write)


def last_row_book(files: Any) -> None:
    """Write a workbook whose data end where an old Excel cut them: mostly blank rows."""

    def fill(sheet: Any) -> None:
        sheet.delete_rows(3, 300)
        for column, cell in enumerate(files.demand[0].values(), 1):
            sheet.cell(65_536, column, cell)

    as_book(files, "demand", fill)


def town(files: Any, number: int) -> dict[str, Any]:
    return files.towns["features"][number]


def ring(files: Any, number: int) -> list[list[float]]:
    return town(files, number)["geometry"]["coordinates"][0]


def cut(path: Path, keep: float) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * keep)])


def zero_page(path: Path) -> None:
    """Blank out a page of a database that holds rows."""
    data = bytearray(path.read_bytes())
    size = int.from_bytes(data[16:18], "big")
    place = data.find("河东街道".encode()) // size * size
    data[place : place + size] = bytes(size)
    path.write_bytes(data)


def whole_zip_but(path: Path, part: str) -> None:
    """Take one part out of a workbook."""
    with zipfile.ZipFile(path) as archive:
        kept = {name: archive.read(name) for name in archive.namelist() if name != part}
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in kept.items():
            archive.writestr(name, content)
