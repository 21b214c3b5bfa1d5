"""The Word annex and the workbook: typed cells, no formulas, numbers that add up, fixed bytes."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from docx import Document
from docx.oxml.ns import qn
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from kepu.layers.tables import read_table
from kepu.maps.appendix import Annex, Chapter, Heading, Listing, cell_text, parts_of_whole
from kepu.maps.appendix_book import workbook
from kepu.maps.appendix_table import WHOLE_ROWS
from kepu.maps.appendix_word import SMALL_POINTS, annex_file

FRAME = pd.DataFrame({
    "名称": ["=HYPERLINK(\"x\")", "氹村", "合计"], "人口": [3, 4, 7],
    "覆盖率（%）": pd.array([33.3, None, 66.6], "Float64"), "判定": ["未达标", "达标", ""],
})  # fmt: skip
TABLE = Listing("表甲", "各镇街人口", FRAME, {"人口": "count", "覆盖率（%）": "percent"}, "人、%",
                ("注释",), total=True)  # fmt: skip
ANNEX = Annex("标题", ("分析日期",), (Chapter("一、覆盖", ("段落。", TABLE, TABLE)),))


@given(st.lists(st.integers(0, 10**7), min_size=1, max_size=12))
def test_parts_add_up_and_are_off_by_less_than_one(amounts: list[int]):
    parts = parts_of_whole(np.array(amounts, np.int64), 1000)
    assert parts.sum() == (1000 if sum(amounts) else 0)
    for amount, part in zip(amounts, parts, strict=True):
        assert not sum(amounts) or abs(part - 1000 * amount / sum(amounts)) < 1


@given(st.integers(0, 10**11))
def test_no_digit_of_a_number_is_lost(tenths: int):
    text = cell_text(tenths / 10, "number")
    assert float(text) == tenths / 10
    assert "e" not in text


def test_parts_told_by_hand():
    assert list(parts_of_whole(np.array([1, 1, 1]), 1000)) == [334, 333, 333]
    assert cell_text(1234567, "count") == "1,234,567"
    assert cell_text(None, "percent") == "—"


def test_a_text_never_becomes_a_formula_and_numbers_are_numbers():
    book = load_workbook(io.BytesIO(workbook("x", [TABLE], [("项目", "=1+1")])))
    sheet = book["表甲"]
    assert (sheet["A2"].value, sheet["A2"].data_type) == ('=HYPERLINK("x")', "s")
    assert (sheet["B4"].value, sheet["B4"].data_type) == (7, "n")
    assert sheet["C3"].value is None
    assert sheet.freeze_panes == "A2"
    assert sheet.column_dimensions["A"].width > sheet.column_dimensions["B"].width > 0
    assert sheet.auto_filter.ref == "A1:D3"  # the total is not filtered away
    assert sheet.conditional_formatting
    assert book["说明"]["B2"].data_type == "s"


def test_names_stay_in_sight_where_a_table_is_wide():
    book = load_workbook(io.BytesIO(workbook("x", [replace(TABLE, fixed=2)], [])))
    assert book["表甲"].freeze_panes == "C2"


def test_the_workbook_is_read_by_our_own_reader(tmp_path: Path):
    path = tmp_path / "附表.xlsx"
    path.write_bytes(workbook("x", [TABLE], []))
    cells = read_table(path, sheet="表甲").cells
    assert list(cells.columns) == list(FRAME.columns)
    assert list(cells["名称"]) == list(FRAME["名称"])
    assert list(map(int, cells["人口"])) == list(FRAME["人口"])
    assert list(cells["覆盖率（%）"]) == ["33.3", "", "66.6"]


@pytest.mark.parametrize("compact", [False, True])
def test_chinese_fonts_hold_in_every_style(compact: bool):
    word = Document(io.BytesIO(annex_file(ANNEX, compact=compact)))
    for name in ("Normal", "Title", "Heading 1", "Heading 2", "Caption", "Remark", "Unit"):
        fonts = word.styles[name].element.rPr.rFonts
        assert fonts.get(qn("w:eastAsia")), name
        assert fonts.get(qn("w:eastAsiaTheme")) is None, name


def test_captions_are_numbered_and_headers_come_again():
    word = Document(io.BytesIO(annex_file(ANNEX)))
    captions = [p.text for p in word.paragraphs if p.style.name == "Caption"]
    assert captions == ["表 1　各镇街人口", "表 2　各镇街人口"]
    table = word.tables[0]
    assert table._tbl.findall(f".//{qn('w:tblHeader')}")
    assert [cell.text for cell in table.rows[1].cells] == ['=HYPERLINK("x")', "3", "33.3", "未达标"]
    borders = table._tbl.tblPr.find(qn("w:tblBorders"))
    assert borders.find(qn("w:insideV")).get(qn("w:val")) == "nil"


def table_of(listing: Listing):
    word = Document(io.BytesIO(annex_file(Annex("标题", (), (Chapter("一、", (listing,)),)))))
    return word.tables[0]._tbl


def test_no_line_parts_a_number():
    numbers = pd.DataFrame(
        {"名称": ["很长的名称" * 4], "人口": [12_345_678], "日期": ["2027-03-11"]}
    )
    table = table_of(Listing("表", "表", numbers, {"人口": "count"}, widths=(8, 1, 1), small=True))
    twips = [int(one.get(qn("w:w"))) for one in table.tblGrid.findall(qn("w:gridCol"))]
    margins = 100
    for wide, text in zip(twips[1:], ("12,345,678", "2027-03-11"), strict=True):
        assert wide - margins >= 20 * SMALL_POINTS * 0.64 * len(text)  # 0.64: DejaVu Serif
    assert sum(twips) <= 156 / 25.4 * 1440


def test_a_word_too_long_for_the_page_leaves_room_for_the_rest():
    odd = pd.DataFrame({"甲": ["a" * 500], "乙": ["短"]})
    table = table_of(Listing("表", "表", odd))
    twips = [int(one.get(qn("w:w"))) for one in table.tblGrid.findall(qn("w:gridCol"))]
    assert min(twips) > 100
    assert sum(twips) <= 156 / 25.4 * 1440


@pytest.mark.parametrize(("rows", "whole"), [(3, True), (WHOLE_ROWS, True), (99, False)])
def test_small_tables_are_not_parted_by_a_page(rows: int, whole: bool):
    table = table_of(Listing("表", "表", pd.DataFrame({"甲": ["x"] * rows})))
    kept = [bool(row.findall(f".//{qn('w:keepNext')}")) for row in table.tr_lst]
    assert kept == [whole] * rows + [False]  # the header stands before the rows


def test_headings_within_a_chapter_are_numbered_anew_in_each():
    chapters = [Chapter(name, (Heading("甲"), "话。", Heading("乙"))) for name in ("一、", "二、")]
    word = Document(io.BytesIO(annex_file(Annex("标题", (), tuple(chapters)))))
    told = [p.text for p in word.paragraphs if p.style.name == "Heading 2"]
    assert told == ["（一）甲", "（二）乙"] * 2


@pytest.mark.parametrize("make", [lambda: annex_file(ANNEX), lambda: workbook("x", [TABLE], [])])
def test_two_files_are_the_same_bytes(make):
    assert make() == make()
    with zipfile.ZipFile(io.BytesIO(make())) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
