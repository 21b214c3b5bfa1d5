"""Workbooks as planners make them: every mess has a declared outcome, none is silent."""

from __future__ import annotations

import datetime
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlwt
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont

from kepu.geo.errors import LayerError
from kepu.layers import sheets
from kepu.layers.cells import code, people, text
from kepu.layers.columns import Column, resolve
from kepu.layers.ledger import Ledger
from kepu.layers.rows import parse_rows
from kepu.layers.tables import Table, open_ledger, read_table
from kepu.layers.workbooks import open_workbook

COLUMNS = (
    Column("id", ("编号", "id"), code),
    Column("name", ("名称", "name", "设施名称"), text),
    Column("people", ("人口", "常住人口"), people, whole=("人口",), spread=False),
    Column("town", ("镇街",), text, required=False, filled=False),
)
HEADER = ("编号", "名称", "人口")
Row = tuple[object, ...]
Build = Callable[[openpyxl.Workbook, Any], None]


def codes(error: pytest.ExceptionInfo[LayerError]) -> set[str]:
    assert all(fault.zh and fault.en for fault in error.value.faults)
    return {fault.code for fault in error.value.faults}


def saved(folder: Path, *rows: Row, name: str = "t.xlsx") -> Path:
    workbook = openpyxl.Workbook()
    for row in rows:
        workbook.active.append(row)
    workbook.save(folder / name)
    return folder / name


def built(folder: Path, build: Build) -> Path:
    workbook = openpyxl.Workbook()
    build(workbook, workbook.active)
    workbook.save(folder / "t.xlsx")
    return folder / "t.xlsx"


def fill(page: Any, *rows: Row) -> None:
    for row in rows:
        page.append(row)


def read(path: Path, **options: Any) -> tuple[Table, Ledger, dict[str, list[object]]]:
    stated = options.get("stated")
    table = read_table(path, columns=COLUMNS, **options)
    ledger = open_ledger(table)
    matches = resolve(list(table.cells.columns), COLUMNS, ledger, stated)
    values = parse_rows(table, matches, ledger, totals=("id", "name"))
    known = {row: n for row, n in values["people"].items() if n is not None}
    ledger.settle(table.cells, table.blank, known)
    assert all(fault.zh and fault.en for fault in ledger.faults + ledger.warnings)
    ledger.summary()
    return table, ledger, {name: list(values[name]) for name in values.columns}


def outcome(path: Path, **options: Any) -> set[str]:
    """The codes of all that a file was told."""
    try:
        _, ledger, _ = read(path, **options)
    except LayerError as error:
        return {fault.code for fault in error.faults}
    return {fault.code for fault in ledger.faults + ledger.warnings}


# Headers


def test_titles_above_the_header(tmp_path: Path) -> None:
    title = [("清城区居民点一览表", "", ""), ("2026年11月", "", "单位：人"), ("", "", "")]
    path = saved(tmp_path, *title, HEADER, ("1", "a", 5), ("2", "b", 6))
    table, ledger, values = read(path)
    assert list(table.cells.index) == [5, 6]
    assert values["people"] == [5, 6]
    assert [row for row, _ in ledger.titles] == [1, 2]
    assert "2026年11月 单位：人" in str(ledger.summary()["titles"])
    assert (ledger.rows_in, ledger.ignored) == (2, 0)


@pytest.mark.parametrize("row", range(1, 11))
def test_a_header_is_found_in_the_first_ten_rows(tmp_path: Path, row: int) -> None:
    path = saved(tmp_path, *[("标题", "", "")] * (row - 1), HEADER, ("1", "a", 5))
    assert read(path)[2]["people"] == [5]


def test_a_header_below_the_tenth_row_must_be_stated(tmp_path: Path) -> None:
    path = saved(tmp_path, *[("标题", "", "")] * 10, HEADER, ("1", "a", 5))
    assert outcome(path) == {"E-HEADER-MISSING"}
    assert outcome(path, header=11) == set()
    assert outcome(path, header=12) == {"E-EMPTY"}
    assert outcome(path, header=13) == {"E-HEADER-ROW"}


def test_two_headers_are_named_and_one_may_be_stated(tmp_path: Path) -> None:
    path = saved(tmp_path, HEADER, ("1", "a", 5), HEADER, ("2", "b", 6))
    with pytest.raises(LayerError) as error:
        read(path)
    assert codes(error) == {"E-HEADER-ROWS"}
    assert "1、3" in str(error.value)
    assert read(path, header=3)[2]["people"] == [6]


def test_headers_in_csv_too(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(
        "清城区居民点一览表\n\n编号\t名称\t人口\n1\ta\t5\n注：仅供参考\n", "utf-8-sig"
    )
    _, ledger, values = read(tmp_path / "t.csv")
    assert values["people"] == [5]
    assert ledger.notes == [(5, "注：仅供参考")]


def grouped(_: openpyxl.Workbook, page: Any) -> None:
    fill(page, ("编号", "设施", "", "人口"), ("", "名称", "镇街", ""), ("1", "a", "源潭镇", 5))
    for block in ("A1:A2", "B1:C1", "D1:D2"):
        page.merge_cells(block)


def test_two_rows_of_headers(tmp_path: Path) -> None:
    table, _, values = read(built(tmp_path, grouped))
    assert list(table.cells.columns) == ["编号", "设施/名称", "设施/镇街", "人口"]
    assert (values["name"], values["town"], values["people"]) == (["a"], ["源潭镇"], [5])
    assert list(table.cells.index) == [3]


def test_two_rows_without_merged_cells_are_not_joined(tmp_path: Path) -> None:
    path = saved(tmp_path, ("设施", "", "数量"), HEADER, ("1", "a", 5))
    assert list(read(path)[0].cells.columns) == list(HEADER)


def test_a_title_in_merged_cells_is_no_group(tmp_path: Path) -> None:
    def titled(_: openpyxl.Workbook, page: Any) -> None:
        fill(page, ("清城区一览表", "", "", "单位：人"), (*HEADER, "备注"), ("1", "a", 5, ""))
        page.merge_cells("A1:C1")

    table, _, _ = read(built(tmp_path, titled))
    assert list(table.cells.columns) == [*HEADER, "备注"]


def test_a_general_word_below_a_group_is_not_enough(tmp_path: Path) -> None:
    def registered(_: openpyxl.Workbook, page: Any) -> None:
        fill(page, ("编号", "名称", "户籍", ""), ("", "", "户数", "人口"), ("1", "a", 2, 5))
        for block in ("A1:A2", "B1:B2", "C1:D1"):
            page.merge_cells(block)

    assert outcome(built(tmp_path, registered)) == {"E-HEADER-MISSING"}


def test_two_columns_below_two_groups_stop(tmp_path: Path) -> None:
    def twice(_: openpyxl.Workbook, page: Any) -> None:
        fill(page, ("编号", "村", "", "镇", "", "人口"), ("", "名称", "码", "名称", "码", ""))
        fill(page, ("1", "a", "x", "b", "y", 5))
        for block in ("A1:A2", "B1:C1", "D1:E1", "F1:F2"):
            page.merge_cells(block)

    path = built(tmp_path, twice)
    assert outcome(path) == {"E-HEADER-SEVERAL"}
    assert read(path, stated={"name": "村/名称"})[2]["name"] == ["a"]


# The study states the headers


def test_stated_headers_override_aliases(tmp_path: Path) -> None:
    path = saved(tmp_path, ("编号", "名称", "人口", "常住人口", "村子"), ("1", "a", 5, 7, "甲"))
    assert outcome(path) == {"E-HEADER-SEVERAL"}
    _, ledger, values = read(path, stated={"people": "人口", "name": "村 子"})
    assert (values["people"], values["name"]) == ([5], ["甲"])
    assert ledger.unknown == ["名称", "常住人口"]


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        ({"人数": "人口"}, {"E-COLUMN-NAME"}),
        ({"people": "人数"}, {"E-COLUMN-HEADER"}),
        ({"people": "编号", "id": "编号"}, {"E-COLUMN-TWICE"}),
        ({"people": "人口"}, set()),
    ],
)
def test_stated_headers_that_are_wrong(
    tmp_path: Path, stated: dict[str, str], expected: set[str]
) -> None:
    assert outcome(saved(tmp_path, HEADER, ("1", "a", 5)), stated=stated) == expected


def test_a_stated_header_bears_its_unit() -> None:
    column = Column("people", ("人口",), people, units={"人": people, "万人": people})
    ledger = Ledger("t.csv", None, "utf-8")
    for header, unit in (("数（万人）", "万人"), ("数", ""), ("数（2020年）", "")):
        assert resolve([header], [column], ledger, {"people": header})["people"].unit == unit
    with pytest.raises(LayerError) as error:
        resolve(["数（户）"], [column], ledger, {"people": "数（户）"})
    assert codes(error) == {"E-UNIT"}


# Merged cells


def test_merged_cells_are_filled_and_others_are_not(tmp_path: Path) -> None:
    def merged(_: openpyxl.Workbook, page: Any) -> None:
        fill(page, ("镇街", *HEADER), ("源潭镇", "1", "a", 5), ("", "2", "b", 6), ("", "3", "c", 7))
        page.merge_cells("A2:A3")

    table, ledger, values = read(built(tmp_path, merged))
    assert values["town"] == ["源潭镇", "源潭镇", None]
    assert ledger.normalised == {"镇街": 1}
    assert table.filled == {(3, "镇街")}


def test_one_number_for_several_rows_is_refused(tmp_path: Path) -> None:
    def merged(_: openpyxl.Workbook, page: Any) -> None:
        fill(page, HEADER, ("1", "a", 5), ("2", "b", None), ("3", "c", 7))
        page.merge_cells("C2:C3")

    _, ledger, _ = read(built(tmp_path, merged))
    assert [(f.row, f.code) for f in ledger.faults] == [(2, "Q-MERGED"), (3, "Q-MERGED")]
    assert (ledger.people_in, ledger.people_unknown) == (7, 2)


def test_merged_cells_across_columns_of_a_row(tmp_path: Path) -> None:
    def merged(_: openpyxl.Workbook, page: Any) -> None:
        fill(page, HEADER, ("1", "a", 5), ("2", "b", 6), ("合计", "", 11))
        page.merge_cells("A4:B4")

    _, ledger, _ = read(built(tmp_path, merged))
    assert (ledger.ok, ledger.total_rows, ledger.people_in) == (2, 1, 11)


# Notes


@pytest.mark.parametrize(
    "note",
    [
        ("注：人口为2020年普查数",),
        ("备注：仅供参考", "", ""),
        ("说明：\n1、无", "", ""),
        ("数据来源：区统计局", "", ""),
        ("填表人：张三", "审核人：李四", "联系电话：—"),
        ("填表人", "张三", "2026年11月1日"),
        ("审核人", "", ""),
        ("注1：无", "注2：无", ""),
        ("（注：无）", "", ""),
        ("单位：人", "", ""),
        ("Source: census", "", ""),
    ],
)
def test_notes_below_are_ignored_and_kept(tmp_path: Path, note: Row) -> None:
    path = saved(tmp_path, HEADER, ("1", "a", 5), ("", "", ""), note, ("2、续", "", ""))
    _, ledger, _ = read(path)
    assert (ledger.rows_in, ledger.ok, ledger.ignored, ledger.faults) == (4, 1, 3, [])
    assert [row for row, _ in ledger.notes] == [4, 5]


def test_a_note_with_rows_below_is_no_note(tmp_path: Path) -> None:
    path = saved(tmp_path, HEADER, ("1", "a", 5), ("注：无", "", ""), ("2", "b", 6))
    _, ledger, _ = read(path)
    assert ledger.notes == []
    assert {(f.row, f.code) for f in ledger.faults} == {(3, "Q-MISSING")}


def test_a_numbered_row_without_a_note_is_no_note(tmp_path: Path) -> None:
    path = saved(tmp_path, HEADER, ("1", "a", 5), ("2、b", "", ""))
    assert outcome(path) == {"Q-MISSING"}


# Sheets


def sheets_of(*pages: tuple[str, tuple[Row, ...]], hidden: str = "") -> Build:
    def build(workbook: openpyxl.Workbook, page: Any) -> None:
        workbook.remove(page)
        for name, rows in pages:
            made = workbook.create_sheet(name)
            fill(made, *rows)
            made.sheet_state = "hidden" if name == hidden else "visible"

    return build


GOOD = (HEADER, ("1", "a", 5))
OTHER = (("科目", "金额"), ("x", 1))


@pytest.mark.parametrize(
    ("pages", "hidden", "expected"),
    [
        ([("填表说明", (("先看这里",),)), ("数据", GOOD)], "", set()),
        ([("经费", OTHER), ("数据", GOOD)], "", {"W-SHEETS-OTHER"}),
        ([("数据", GOOD), ("数据2", GOOD)], "", {"E-SHEET"}),
        ([("数据", GOOD), ("旧", GOOD)], "旧", {"W-SHEETS-HIDDEN"}),
        ([("数据", GOOD), ("空", ())], "", set()),
        ([("一", OTHER), ("二", OTHER)], "", {"E-SHEET"}),
        ([("一", ()), ("二", ())], "", {"E-EMPTY"}),
        ([("一", OTHER)], "", {"E-HEADER-MISSING"}),
    ],
)
def test_sheets(
    tmp_path: Path, pages: list[tuple[str, tuple[Row, ...]]], hidden: str, expected: set[str]
) -> None:
    assert outcome(built(tmp_path, sheets_of(*pages, hidden=hidden))) == expected


def test_a_hidden_sheet_may_be_named(tmp_path: Path) -> None:
    path = built(tmp_path, sheets_of(("数据", GOOD), ("旧", (HEADER, ("9", "z", 9))), hidden="旧"))
    assert read(path, sheet="旧")[2]["people"] == [9]


def test_rows_that_are_not_shown_are_read(tmp_path: Path) -> None:
    def hidden(_: openpyxl.Workbook, page: Any) -> None:
        fill(page, HEADER, *((str(i), "a", 1) for i in range(5)))
        page.auto_filter.ref = "A1:C6"
        page.row_dimensions[3].hidden = page.row_dimensions[5].hidden = True

    _, ledger, _ = read(built(tmp_path, hidden))
    assert (ledger.ok, ledger.people_in) == (5, 5)
    (warning,) = ledger.warnings
    assert (warning.code, warning.facts) == ("W-ROWS-HIDDEN", {"count": 2, "rows": "3, 5"})


# What a spreadsheet does to cells


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (("1", "a", "１，２３４"), set()),
        (("1", "a", "1.2万人"), set()),
        (("1", "a", 1234.0), set()),
        ((441802001001, "a", 5), set()),
        ((914418021234567000, "a", 5), {"Q-CODE-SPOILT"}),
        (("4.41802E+11", "a", 5), {"Q-CODE-SPOILT"}),
        ((13001.5, "a", 5), set()),
        ((datetime.date(2026, 1, 2), "a", 5), {"Q-DATE-IN-TEXT"}),
        (("1", "a", datetime.date(2026, 1, 2)), {"Q-DATE-IN-TEXT"}),
        (("1", "a", "=SUM(1,2)"), {"Q-FORMULA"}),
        (("1", "a", "#REF!"), {"Q-CELL-ERROR"}),
        (("1", "#N/A", 5), {"Q-CELL-ERROR"}),
        (("1", "a", "约500"), {"Q-PEOPLE-ABOUT"}),
        (("1", "a", True), {"Q-PEOPLE"}),
        (("1", "a", 12.5), {"Q-PEOPLE-FRACTION"}),
        (("1", "a", -5), {"Q-PEOPLE-NEGATIVE"}),
        (("1", "a", datetime.time(9, 30)), {"Q-PEOPLE"}),
        (("1", "a", 1e20), {"Q-PEOPLE"}),
        (("1", None, 5), {"Q-MISSING"}),
    ],
)
def test_cells(tmp_path: Path, cells: Row, expected: set[str]) -> None:
    assert outcome(saved(tmp_path, HEADER, ("0", "z", 5), cells)) == expected


def test_an_error_in_a_column_that_may_be_empty_is_told(tmp_path: Path) -> None:
    rows = ((*HEADER, "镇街"), ("1", "a", 5, "#REF!"), ("2", "b", 6, "=A1"), ("3", "c", 7, None))
    _, ledger, _ = read(saved(tmp_path, *rows))
    assert [(f.row, f.code) for f in ledger.faults] == [(2, "Q-CELL-ERROR"), (3, "Q-FORMULA")]


def test_a_last_row_of_formulas_alone_is_not_lost(tmp_path: Path) -> None:
    _, ledger, _ = read(saved(tmp_path, HEADER, ("1", "a", 5), ("=A2", "=B2", "=C2")))
    assert ledger.rows_in == 2
    assert {f.row for f in ledger.faults} == {3}


def test_empty_columns_and_rows_at_the_end(tmp_path: Path) -> None:
    rows = ((*HEADER, "", ""), ("1", "a", 5, "", ""), ("", "", "", " ", ""))
    table, ledger, _ = read(saved(tmp_path, *rows))
    assert list(table.cells.columns) == list(HEADER)
    assert ledger.rows_in == 1


def test_near_and_double_headers(tmp_path: Path) -> None:
    assert outcome(saved(tmp_path, (*HEADER, "名 称"), ("1", "a", 5, "b"))) == {"E-HEADER-TWICE"}
    near = saved(tmp_path, (*HEADER, "常驻人口"), ("1", "a", 5, 6))
    assert outcome(near) == {"W-HEADER-NEAR"}


# Files


def repacked(path: Path, change: Callable[[dict[str, bytes]], None]) -> Path:
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    change(parts)
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return path


def test_macros_are_told(tmp_path: Path) -> None:
    path = saved(tmp_path, *GOOD)
    repacked(path, lambda parts: parts.update({"xl/vbaProject.bin": b"x"}))
    assert outcome(path) == {"W-MACROS"}


def test_a_password_is_told(tmp_path: Path) -> None:
    path = old_book(tmp_path, GOOD)
    data = path.read_bytes().replace(
        "Workbook".encode("utf-16-le"), "EncryptedPackage"[:8].encode("utf-16-le")
    )
    name = "EncryptedPackage".encode("utf-16-le") + b"\0\0"
    at = data.index("Encrypte".encode("utf-16-le"))
    data = data[:at] + name + data[at + len(name) :]
    data = data[: at + 64] + bytes([len(name), 0]) + data[at + 66 :]
    (tmp_path / "locked.xlsx").write_bytes(data)
    assert outcome(tmp_path / "locked.xlsx") == {"E-PASSWORD"}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("t.csv", b"PK\x03\x04" + b"x" * 99),
        ("t.xls", b"<html><table><tr><td>1</td></tr></table></html>"),
        ("t.xls", b"PK\x03\x04" + b"x" * 99),
        ("t.csv", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"x" * 600),
        ("t.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"x" * 600),
        ("t.xlsx", b"SQLite format 3\x00"),
        ("t.csv", b"  <?xml version='1.0'?>"),
    ],
)
def test_another_format_than_the_name_says(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    assert outcome(tmp_path / name) == {"E-FORMAT-OTHER"}


def test_limits_of_rows_and_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [(str(i), "a", 1) for i in range(30)]
    book = saved(tmp_path, HEADER, *rows)
    (tmp_path / "t.csv").write_text(
        "\n".join(",".join(map(str, row)) for row in (HEADER, *rows)) + "\n", "utf-8-sig"
    )
    for path in (book, tmp_path / "t.csv"):
        monkeypatch.setattr("kepu.layers.tables.MOST_ROWS", 29)
        assert outcome(path) == {"E-ROWS-MANY"}
        monkeypatch.setattr("kepu.layers.tables.MOST_ROWS", 30)
        assert outcome(path) == set()
        monkeypatch.setattr(sheets, "MOST_ROWS", 10)
        assert outcome(path) == {"E-ROWS-MANY"}
        monkeypatch.setattr(sheets, "MOST_ROWS", 200_000)
        monkeypatch.setattr(sheets, "MOST_BYTES", 100)
        assert outcome(path) == {"E-FILE-BIG"}
        monkeypatch.setattr(sheets, "MOST_BYTES", 200 * 2**20)


def test_a_csv_without_its_last_line_break_may_be_cut(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("编号,名称,人口\n1,a,5", "utf-8-sig")
    assert outcome(tmp_path / "t.csv") == {"W-LAST-LINE"}


# .xls


def old_book(folder: Path, rows: tuple[Row, ...], **hidden: bool) -> Path:
    workbook = xlwt.Workbook()
    page = workbook.add_sheet("数据")
    plain, dated = xlwt.XFStyle(), xlwt.easyxf(num_format_str="YYYY-MM-DD")
    for i, row in enumerate(rows):
        for j, cell in enumerate(row):
            if cell is not None:
                page.write(i, j, cell, dated if isinstance(cell, datetime.date) else plain)
    if hidden.get("row"):
        page.row(1).hidden = True
    if hidden.get("merged"):
        page.merge(1, 2, 3, 3)
    if hidden.get("sheet"):
        other = workbook.add_sheet("藏")
        other.write(0, 0, "编号")
        other.visibility = 1
    workbook.save(folder / "t.xls")
    return folder / "t.xls"


def test_xls_and_xlsx_give_the_same(tmp_path: Path) -> None:
    rows = (HEADER, ("013001", "文洞村", 2270), ("2", "b", 1234.0), (441802001001, "c", "1,5"))
    old, new = read(old_book(tmp_path, rows))[0], read(saved(tmp_path, *rows))[0]
    assert (old.encoding, new.encoding) == ("xls", "xlsx")
    assert old.cells.equals(new.cells)


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ((datetime.date(2026, 1, 2), "a", 5), {"Q-DATE-IN-TEXT"}),
        (("1", "a", xlwt.Formula("1+1")), {"Q-FORMULA"}),
        ((914418021234567000, "a", 5), {"Q-CODE-SPOILT"}),
        (("1", "a", None), {"Q-MISSING"}),
    ],
)
def test_cells_of_xls(tmp_path: Path, cells: Row, expected: set[str]) -> None:
    assert outcome(old_book(tmp_path, (HEADER, ("0", "z", 5), cells))) == expected


def test_what_xls_does_not_show(tmp_path: Path) -> None:
    rows = ((*HEADER, "镇街"), ("1", "a", 5, "源潭镇"), ("2", "b", 6, None), ("3", "c", 7, None))
    table, ledger, values = read(old_book(tmp_path, rows, row=True, merged=True, sheet=True))
    assert values["town"] == ["源潭镇", "源潭镇", None]
    assert {w.code for w in ledger.warnings} == {"W-ROWS-HIDDEN", "W-SHEETS-HIDDEN"}
    assert table.filled == {(3, "镇街")}


def test_cut_xls_stops(tmp_path: Path) -> None:
    rows = (HEADER, *((str(i), f"村{i}", i) for i in range(400)))
    path = old_book(tmp_path, rows)
    whole = path.read_bytes()
    for at in (0, 8, 100, 600, len(whole) // 3, len(whole) // 2, len(whole) - 600, len(whole) - 20):
        path.write_bytes(whole[:at])
        assert outcome(path) == {"E-XLS"}, at
    path.write_bytes(whole)
    assert outcome(path) == set()


def test_a_full_xls_may_be_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kepu.layers.workbooks.LAST_ROWS", (3,))
    assert outcome(old_book(tmp_path, (HEADER, ("1", "a", 5), ("2", "b", 6)))) == {"E-LAST-ROW"}


# Round trips


TEXTS = st.text(st.characters(codec="gb18030", categories=["L", "N"]), min_size=1, max_size=6)


@given(st.lists(st.tuples(TEXTS, st.integers(0, 10**9)), min_size=1, max_size=8))
def test_what_is_written_comes_back(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, int]]
) -> None:
    folder = tmp_path_factory.mktemp("t")
    lines = [HEADER, *((f"V{i}", name, count) for i, (name, count) in enumerate(rows))]
    (folder / "t.csv").write_text(
        "\n".join(",".join(map(str, line)) for line in lines) + "\n", "utf-8-sig"
    )
    for path in (folder / "t.csv", saved(folder, *lines), old_book(folder, tuple(lines))):
        table = read_table(path, columns=COLUMNS)
        assert table.cells["名称"].tolist() == [name for name, _ in rows]
        assert [int(cell) for cell in table.cells["人口"]] == [count for _, count in rows]


def test_rows_that_are_struck_out_count_and_are_told(tmp_path: Path) -> None:
    """As people mark what is gone; an empty cell that is struck out, or a font, says nothing."""
    book = openpyxl.Workbook()
    page = book.active
    for row in (("编号", "名称"), ("1", "甲"), ("2", "乙"), ("3", "丙"), ("4", "丁")):
        page.append(row)
    page["B3"].font = openpyxl.styles.Font(strike=True)
    page["A5"].font = openpyxl.styles.Font(bold=True, strike=True)
    page["A4"].font = openpyxl.styles.Font(bold=True)
    page["D2"].font = openpyxl.styles.Font(strike=True)
    book.save(tmp_path / "t.xlsx")
    table = read_table(tmp_path / "t.xlsx")
    assert len(table.cells) == 4
    (told,) = [fault for fault in table.warnings if fault.code == "W-ROWS-STRUCK"]
    assert told.facts == {"count": 2, "rows": "3, 5"}


def test_rows_that_are_struck_out_in_an_old_workbook(tmp_path: Path) -> None:
    """With more than four fonts, of which the fifth has the number 5; numbers stand in one run."""
    book = xlwt.Workbook()
    plain = [xlwt.easyxf(f"font: height {200 + 20 * i}") for i in range(5)]
    struck = [xlwt.easyxf(f"font: struck_out true, height {h}") for h in (200, 300)]
    for name in ("一", "二"):
        page = book.add_sheet(name)
        for i in range(6):
            for j in range(4):
                page.write(i, j, f"{i}甲" if j == 0 else 10 * i + j, plain[(i + j) % 5])
    page.write(6, 0, "丙", struck[1])
    page.write(7, 2, 7.5, struck[0])
    for j in range(3):
        page.write(8, j, j, struck[j == 1] if j == 1 else plain[j])
    page.write(9, 0, "丁", plain[0])
    page.write(9, 5, None, struck[0])
    book.save(tmp_path / "t.xls")
    found = open_workbook(tmp_path / "t.xls")
    assert [sorted(found.sheet(name).struck) for name in ("一", "二")] == [[], [7, 8, 9]]


@pytest.mark.parametrize("shared", [False, True])
def test_a_part_of_a_cell_that_is_struck_out_is_told(tmp_path: Path, shared: bool) -> None:
    """An old number struck out with the new one behind it reads as one number of both."""
    part = TextBlock(InlineFont(strike=True), "12")
    rows = (("编号", "人口"), ("1", "5"), ("2", CellRichText(part, "13")))
    path = built(tmp_path, lambda _, page: fill(page, *rows))
    if shared:  # as Excel writes it
        with zipfile.ZipFile(path) as archive:
            parts = {name: archive.read(name).decode() for name in archive.namelist()}
        sheet, lists = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml"
        head, _, rest = parts[sheet].rpartition("<is>")
        text, _, rest = rest.partition("</is>")
        parts[sheet] = (head + "<v>1</v>" + rest).replace(
            '<c r="B3" t="inlineStr">', '<c r="B3" t="s">'
        )
        spaces = "http://schemas.openxmlformats.org/"
        parts[lists] = f'<sst xmlns="{spaces}spreadsheetml/2006/main"><si/><si>{text}</si></sst>'
        rels = "xl/_rels/workbook.xml.rels"
        kind = f"{spaces}officeDocument/2006/relationships/sharedStrings"
        more = f'<Relationship Id="x" Type="{kind}" Target="sharedStrings.xml"/></Relationships>'
        parts[rels] = parts[rels].replace("</Relationships>", more)
        with zipfile.ZipFile(path, "w") as archive:
            for name, content in parts.items():
                archive.writestr(name, content)
    table = read_table(path)
    assert table.cells["人口"].tolist() == ["5", "1213"]
    assert [(fault.code, fault.facts["rows"]) for fault in table.warnings] == [
        ("W-ROWS-STRUCK", "3")
    ]
