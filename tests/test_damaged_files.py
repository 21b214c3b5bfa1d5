"""Damaged and strange spreadsheets and Shapefiles: a plain message, never an error of ours."""

from __future__ import annotations

import struct
import zipfile
from pathlib import Path

import geopandas
import openpyxl
import pytest
import shapely
import xlwt
from hypothesis import given
from hypothesis import strategies as st

from kepu.geo.errors import LayerError
from kepu.layers.biff import Container, DamagedError, has_password, sheet_extras
from kepu.layers.outlines import read_outlines
from kepu.layers.sheets import MOST_CELLS, MOST_COLUMNS, check_extent
from kepu.layers.tables import read_table

SECTOR = 512


def book(path: Path) -> bytes:
    page = xlwt.Workbook(encoding="utf-8")
    sheet = page.add_sheet("设施")
    for column, title in enumerate(("编号", "名称")):
        sheet.write(0, column, title)
        sheet.write(1, column, "1")
    sheet.write(2, 0, xlwt.Formula("1/0"))
    sheet.row(1).hidden = True
    page.save(path)
    return path.read_bytes()


def codes(path: Path) -> set[str]:
    """What a file is refused for; every fault has its words."""
    with pytest.raises(LayerError) as error:
        read_outlines(path) if path.suffix == ".shp" else read_table(path)
    assert all(fault.zh and fault.en for fault in error.value.faults)
    return {fault.code for fault in error.value.faults}


# Old workbooks


def asked(data: bytes) -> tuple[object, ...] | None:
    """All that is read of an .xls beside its values; none where it is refused."""
    try:
        container = Container(data)
        return has_password(container), sheet_extras(container), container.names
    except (DamagedError, KeyError):  # a container without a workbook
        return None


@given(st.data())
def test_no_byte_of_an_old_workbook_is_an_error_of_ours(data):
    path = Path("t.xls")
    content = bytearray(path.read_bytes() if path.exists() else book(path))
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(8, len(content) - 4))
        word = data.draw(st.sampled_from([0, 1, 2, 9, 0xFFFF, 2**31, 2**32 - 2]))
        struct.pack_into("<I", content, place, word)
    asked(bytes(content))


def test_an_old_workbook_is_refused_where_it_is_cut(tmp_path):
    content = book(tmp_path / "t.xls")
    assert asked(content) is not None
    refused = [size for size in range(0, len(content), SECTOR) if asked(content[:size]) is None]
    assert refused == list(range(0, len(content), SECTOR))
    (tmp_path / "t.xls").write_bytes(content[: 4 * SECTOR])
    assert codes(tmp_path / "t.xls") == {"E-XLS"}


def test_chains_that_leave_the_file_or_run_in_circles_are_damage(tmp_path):
    content = bytearray(book(tmp_path / "t.xls"))
    (fat,) = struct.unpack_from("<I", content, 76)
    (start,) = struct.unpack_from("<I", content, 48)
    for onward in (start, 10**6):
        broken = bytearray(content)
        struct.pack_into("<I", broken, (fat + 1) * SECTOR + 4 * start, onward)
        with pytest.raises(DamagedError):
            Container(bytes(broken))


def test_a_short_stream_without_a_table_of_its_own_is_damage(tmp_path):
    """The first finding: such a file ended the program with an IndexError."""
    content = bytearray(book(tmp_path / "t.xls"))
    struct.pack_into("<I", content, 56, 2**20)  # all streams are "small"
    (tmp_path / "t.xls").write_bytes(content)
    assert codes(tmp_path / "t.xls") == {"E-XLS"}


@pytest.mark.parametrize(
    "span", [(0, 2**32 - 1, 0, 2), (0, 3, 0, 65_535), (31, 3, 0, 2), (0, 3, 7, 2)]
)
def test_a_sheet_that_says_it_is_larger_than_any_or_less_than_none(tmp_path, span):
    """calamine would make room for it, and end the process."""
    content = bytearray(book(tmp_path / "t.xls"))
    at = content.index(struct.pack("<HHII", 0x200, 14, 0, 3))
    struct.pack_into("<IIHH", content, at + 4, *span)
    (tmp_path / "t.xls").write_bytes(content)
    assert codes(tmp_path / "t.xls") == {"E-XLS"}


# Something typed far away


@pytest.mark.parametrize("place", ["XFD900000", "KZ50000", "C1048576"])
def test_one_far_cell_does_not_fill_the_memory(tmp_path, place):
    """calamine makes room for every cell before; without that room it ends the process."""
    page = openpyxl.Workbook()
    page.active.append(["编号", "名称"])
    page.active.append(["1", "a"])
    page.active[place] = " "
    page.save(tmp_path / "t.xlsx")
    far = place != "C1048576"
    assert codes(tmp_path / "t.xlsx") == {"E-CELLS-FAR" if far else "E-LAST-ROW"}


def with_sheet(folder, change):
    """Write a workbook with the text of its one sheet changed."""
    page = openpyxl.Workbook()
    page.active.append(["编号", "名称"])
    page.save(folder / "one.xlsx")
    with zipfile.ZipFile(folder / "one.xlsx") as old:
        parts = {name: old.read(name) for name in old.namelist()}
    sheet = "xl/worksheets/sheet1.xml"
    parts[sheet] = change(parts[sheet])
    with zipfile.ZipFile(folder / "t.xlsx", "w") as new:
        for name, content in parts.items():
            new.writestr(name, content)
    return folder / "t.xlsx"


@pytest.mark.parametrize(
    "cell", ["<c r='XFD900000'><v>1</v></c>", '<c s="1" r = "xfd900000" t="str"><v>a</v></c>'],
)  # fmt: skip
def test_however_the_far_cell_is_written(tmp_path, cell):
    row = f'<row r="900000">{cell}</row></sheetData>'.encode()
    path = with_sheet(tmp_path, lambda text: text.replace(b"</sheetData>", row))
    assert codes(path) == {"E-CELLS-FAR"}


@pytest.mark.parametrize(
    "begin",
    [b"<c>", b"<c ", b'<c r="A1" ', b'<c r="A1"><f>', b'<c r="A1" t="e"><v>', b"<row ", b"<si>"],
)
def test_what_begins_and_never_ends_is_not_looked_for_to_the_end(tmp_path, begin):
    """From every place where it may begin: a sheet of 60 kB would take hours."""
    telling = b'<row hidden="1"><c t="e"><f>1</f><is><strike/></is></c>'
    path = with_sheet(tmp_path, lambda text: text + telling + begin * 100_000)
    assert codes(path) <= {"E-XLSX", "E-ROWS-MANY", "E-EMPTY"}


def test_formats_of_empty_cells_are_no_contents(tmp_path):
    page = openpyxl.Workbook()
    page.active.append(["编号", "名称"])
    page.active.append(["1", "a"])
    page.active["XFD900000"].font = openpyxl.styles.Font(bold=True)
    page.save(tmp_path / "t.xlsx")
    assert read_table(tmp_path / "t.xlsx").cells.shape == (1, 2)


def test_a_record_of_countless_cells(tmp_path):
    wide = "编号,名称" + "," * 20_000 + "备注\n"
    for rows in (1, 1_000):
        (tmp_path / "t.csv").write_text(wide + "1,a\n" * rows, "utf-8")
        assert codes(tmp_path / "t.csv") == {"E-CELLS-FAR"}


def test_the_limit_is_inclusive():
    check_extent(MOST_CELLS, 1, "t.xlsx")
    check_extent(1, MOST_COLUMNS, "t.xlsx")
    for far in ((MOST_CELLS // 10 + 1, 10), (1, MOST_COLUMNS + 1)):
        with pytest.raises(LayerError):
            check_extent(*far, "t.xlsx")


# Shapefiles


@pytest.fixture
def shape(tmp_path: Path) -> Path:
    path = tmp_path / "t.shp"
    frame = geopandas.GeoDataFrame({"name": ["甲"]}, geometry=[shapely.Point(113, 23)], crs=4326)
    frame.to_file(path, encoding="gbk")
    return path


@pytest.mark.parametrize("page", [b"gb\x0018030", b"hex", b"\xff\xfe", b"utf-99"])
def test_an_encoding_that_is_none(shape, page):
    shape.with_suffix(".cpg").write_bytes(page)
    assert codes(shape) == {"E-SHP-CPG"}


@pytest.mark.parametrize("head", [12, 31])
def test_a_table_that_is_shorter_than_its_own_head(shape, head):
    shape.with_suffix(".dbf").write_bytes(struct.pack("<4xIHH", 0, head, 0).ljust(head, b"\0"))
    for suffix in (".shp", ".shx"):
        part = shape.with_suffix(suffix)
        empty = bytearray(part.read_bytes()[:100])
        struct.pack_into(">i", empty, 24, 50)
        part.write_bytes(empty)
    assert codes(shape) == {"E-SHP-CUT"}


def test_an_outline_that_does_not_close(tmp_path):
    path = tmp_path / "t.shp"
    frame = geopandas.GeoDataFrame({"name": ["a"]}, geometry=[shapely.box(113, 23, 114, 24)])
    frame.set_crs(4326).to_file(path)
    content = bytearray(path.read_bytes())
    struct.pack_into("<d", content, len(content) - 8, 23.5)
    path.write_bytes(content)
    assert codes(path) == {"E-DAMAGED"}


def test_a_reference_system_named_in_gbk(shape):
    """ArcGIS writes the name that the surveyors gave it; pyogrio stumbles over it."""
    system = shape.with_suffix(".prj")
    system.write_bytes(system.read_text().replace("GCS_WGS_1984", "城市坐标系").encode("gbk"))
    assert codes(shape) == {"E-SHP-PRJ"}
