"""Files cut at every block, and bytes that are another: refused by name, or the same rows."""

from __future__ import annotations

import random
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import geopandas
import openpyxl
import pandas as pd
import pytest
import shapely
import xlwt

from kepu.geo.errors import KepuError
from kepu.layers.outlines import read_outlines
from kepu.layers.tables import read_table

ROWS, FLIPS = 120, 300
KINDS = ("gpkg", "geojson", "shp", "shx", "dbf", "zip", "xlsx", "xls", "csv")
BLOCKS = {"gpkg": 4096, "xls": 512, "xlsx": 256, "zip": 256, "csv": 7, "geojson": 512,
          "shp": 136, "shx": 8, "dbf": 91}  # fmt: skip
"""Bytes: pages, sectors and records, or pieces small enough to meet every part of an archive."""


def frame() -> geopandas.GeoDataFrame:
    names = [f"{n}号村民委员会" for n in range(ROWS)]
    shapes = [shapely.box(113 + n / 1000, 23, 113.0005 + n / 1000, 23.1) for n in range(ROWS)]
    return geopandas.GeoDataFrame({"code": names, "name": names}, geometry=shapes, crs=4326)


def written(kind: str, folder: Path) -> Path:
    """Write a file; of a Shapefile return the part that is to be cut."""
    path = folder / f"t.{kind}"
    if kind in ("gpkg", "geojson"):
        frame().to_file(path)
    elif kind in ("shp", "shx", "dbf", "zip"):
        frame().to_file(folder / "t.shp", encoding="utf-8")
        if kind == "zip":
            with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
                for part in sorted(folder.glob("t.*")):
                    if part != path:
                        archive.write(part, part.name)
    elif kind == "xls":
        book = xlwt.Workbook(encoding="utf-8")
        sheet = book.add_sheet("设施")
        for column, title in enumerate(("编号", "名称", "备注")):
            for row in range(ROWS):
                sheet.write(row, column, f"{row}村" if row else title)
        book.save(path)
    elif kind == "xlsx":
        page = openpyxl.Workbook()
        page.active.append(["编号", "名称", "备注"])
        for row in range(1, ROWS):
            page.active.append([row, f"{row}村", "文"])
        page.save(path)
    else:
        rows = [f"{row},{row}村,文\n" for row in range(1, ROWS)]
        path.write_text("编号,名称,备注\n" + "".join(rows), "utf-8")
    return path


def read(kind: str, path: Path) -> pd.DataFrame:
    """Return all cells, and the outlines as text; what is warned about bears a mark."""
    if kind in ("xls", "xlsx", "csv"):
        table = read_table(path)
        marks = [fault.code for fault in table.warnings]
        return table.cells.assign(warned="") if not marks else table.cells.assign(warned=marks[0])
    found = read_outlines(path if kind not in ("shx", "dbf") else path.with_suffix(".shp"))
    return found.properties.assign(shape=shapely.to_wkb(found.shapes, hex=True))


def outcome(kind: str, path: Path, whole: pd.DataFrame) -> str:
    """Return "refused", "warned", "same" or what is worse."""
    try:
        found = read(kind, path)
    except KepuError as error:
        assert all(fault.zh and fault.en and fault.code[0] == "E" for fault in error.faults)
        return "refused"
    if "W-LAST-LINE" in set(found.get("warned", [])):
        return "warned"
    return "same" if found.equals(whole) else "other"


@pytest.mark.parametrize("kind", KINDS)
def test_cut_at_every_block_a_file_is_refused(kind, tmp_path):
    """
    F6. A CSV says nowhere how long it is: cut in its last cell it is warned about, and cut between
    two rows it is a shorter table, of which only the sums tell.
    """
    path = written(kind, tmp_path)
    whole, content = read(kind, path), path.read_bytes()
    cuts = range(0, len(content), BLOCKS[kind])
    assert len(cuts) > 10
    for size in cuts:
        path.write_bytes(content[:size])
        found = outcome(kind, path, whole)
        if kind != "csv":
            assert found == "refused", size
        elif content[:size].endswith(b"\n") and content.count(b"\n", 0, size) > 1:
            assert found == "other", size
        else:
            assert found in ("refused", "warned"), size


def flips(content: bytes, count: int) -> Iterator[bytes]:
    dice = random.Random(1)
    for _ in range(count):
        at = dice.randrange(len(content))
        yield content[:at] + bytes([content[at] ^ dice.randrange(1, 256)]) + content[at + 1 :]


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_flipped_bytes_never_end_in_an_error_of_ours(kind, tmp_path):
    """F6. What bears a checksum is refused or the same; of the others only a digest could tell."""
    path = written(kind, tmp_path)
    whole, content = read(kind, path), path.read_bytes()
    seen: dict[str, Any] = {}
    for wrong in flips(content, FLIPS):
        path.write_bytes(wrong)
        seen[outcome(kind, path, whole)] = wrong
    assert "refused" in seen
    if kind in ("xlsx", "zip"):
        assert "other" not in seen
