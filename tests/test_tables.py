"""Tables: read as text, parsed strictly, and every row accounted for."""

from __future__ import annotations

import csv
import datetime
import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kepu.geo.errors import LayerError
from kepu.layers.cells import (
    CellError,
    altered,
    choice,
    code,
    day,
    latitude,
    longitude,
    number,
    people,
    text,
    yes_no,
)
from kepu.layers.columns import Column, resolve
from kepu.layers.ledger import Ledger, limits
from kepu.layers.rows import parse_rows
from kepu.layers.tables import Table, open_ledger, read_table

COLUMNS = (
    Column("id", ("编号", "id"), code),
    Column("name", ("名称", "name"), text),
    Column(
        "people",
        ("人口", "常住人口"),
        people,
        units={"人": people, "万人": lambda c: people(c, "万人")},
    ),
    Column("note", ("说明", "note"), text, required=False, filled=False),
)


def codes(error: pytest.ExceptionInfo[LayerError]) -> set[str]:
    return {fault.code for fault in error.value.faults}


def refused(parse: Callable[[str], object], cell: str) -> str:
    with pytest.raises(CellError) as error:
        parse(cell)
    return error.value.code


def parsed(path: Path, sheet: str | None = None) -> tuple[Table, Ledger, dict[str, list[object]]]:
    table = read_table(path, sheet=sheet)
    ledger = open_ledger(table)
    matches = resolve(list(table.cells.columns), COLUMNS, ledger)
    values = parse_rows(table, matches, ledger, totals=("id", "name"))
    known = {row: n for row, n in values["people"].items() if n is not None}
    ledger.settle(table.cells, table.blank, known)
    return table, ledger, {name: list(values[name]) for name in values.columns}


def written(folder: Path, content: str, encoding: str = "utf-8") -> Path:
    path = folder / "t.csv"
    path.write_bytes(content.encode(encoding))
    return path


def book(folder: Path, *rows: tuple[object, ...], name: str = "t.xlsx") -> Path:
    workbook = openpyxl.Workbook()
    for row in rows:
        workbook.active.append(row)
    workbook.save(folder / name)
    return folder / name


# Cells


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("0", 0),
        ("1234", 1234),
        ("1,234", 1234),
        ("1，234，567", 1234567),
        ("１２３４", 1234),
        ("500人", 500),
        ("500 人", 500),
        ("2.5万人", 25000),
        ("1.2345万", 12345),
        ("500.0", 500),
        (" 　12\u200b ", 12),
        ("3千人", 3000),
        ("0012", 12),
        ("0.0001万人", 1),
        ("1.0000万人", 10000),
    ],
)
def test_people(cell: str, value: int) -> None:
    assert people(cell) == value


REFUSED_PEOPLE = {
    "Q-PEOPLE-ABOUT": [
        "约500人",
        "500-600",
        "500多",
        "近千",
        "500~600",
        "500左右",
        "≥500",
        "500至600",
    ],
    "Q-PEOPLE-NEGATIVE": ["-5", "−5", "－５"],
    "Q-PEOPLE-FRACTION": ["12.5", "1.23456万人", "0.00001万"],
    "Q-PEOPLE": [
        "-",
        "",
        "五百",
        "1,23",
        "1 234",
        "1'234",
        "1e3",
        "5²",
        "⑤",
        ".5万",
        "5.",
        "12户",
        "+5",
        "٣",
        "NaN",
        "inf",
        "None",
        "9" * 16,
        "5,000,000,000",
        "1,234,56",
        "TRUE",
    ],
    "Q-CELL-ERROR": ["#REF!", "#N/A"],
    "Q-FORMULA": ["=A1+B1"],
    "Q-CONTROL": ["5\x00", "5\x07", "\u202e500"],
}


@pytest.mark.parametrize(
    ("expected", "cell"), [(key, cell) for key, cells in REFUSED_PEOPLE.items() for cell in cells]
)
def test_people_that_are_refused(expected: str, cell: str) -> None:
    assert refused(people, cell) == expected


def test_people_in_the_unit_of_the_header() -> None:
    assert people("111.9901", "万人") == 1119901
    assert people("111.9901万", "万人") == 1119901
    assert refused(lambda cell: people(cell, "万人"), "500人") == "Q-UNIT-CLASH"
    assert refused(lambda cell: people(cell, "人"), "5万人") == "Q-UNIT-CLASH"


@given(st.integers(0, 2_000_000_000))
def test_people_come_back_from_every_format(count: int) -> None:
    wide = str(count).translate({ord(str(d)): 0xFF10 + d for d in range(10)})
    for cell in (f"{count}", f"{count:,}", f"{count}人", wide, f" {count:,} 人"):
        assert people(cell) == count
    assert people(f"{count // 10_000}.{count % 10_000:04d}万人") == count


@given(st.one_of(st.text(max_size=12), st.text("059０９,，.人万 -+e", max_size=6)))
def test_no_text_is_people_unless_it_is_made_of_digits(cell: str) -> None:
    try:
        count = people(cell)
    except CellError:
        return
    assert isinstance(count, int)
    assert count >= 0
    assert any(c in "0123456789０１２３４５６７８９" for c in cell)


@given(st.floats(-180, 180, allow_nan=False), st.sampled_from([longitude, latitude]))
def test_degrees_come_back(degrees: float, parse: Callable[[str], float]) -> None:
    assert parse(f"{degrees:.9f}") == pytest.approx(degrees, abs=1e-9)
    if abs(degrees) >= 1e-4:
        assert parse(repr(degrees)) == degrees


@given(st.integers(0, 179), st.integers(0, 59), st.integers(0, 599))
def test_degrees_come_back_from_minutes_and_seconds(d: int, m: int, tenths: int) -> None:
    value = d + m / 60 + tenths / 36000
    s = f"{tenths / 10:.1f}"
    for cell in (
        f"{d}°{m}′{s}″",
        f"{d}度{m}分{s}秒",
        f"{d}°{m:02d}'{s}\"",
        f"东经{d}°{m}’{s}”",
        f"{d}° {m}' {s}'' E",
    ):
        assert longitude(cell) == pytest.approx(value, abs=1e-9)


def test_sides() -> None:
    assert longitude("46°30′W") == -46.5
    assert longitude("西经46.5") == -46.5
    assert latitude("23.5S") == -23.5
    assert latitude("北纬23度30分") == 23.5
    assert longitude("１１３．０５°") == 113.05


@pytest.mark.parametrize(
    "cell",
    [
        "113,05",
        "113 03 15",
        "113-03-15",
        "113°60′",
        "113°03′60″",
        "113.5°03′",
        "113°03.5′10″",
        "113°30",
        "113.05N",
        "-113.05E",
        "E113.05E",
        "E113.05W",
        "",
        "-",
        "38412345.6",
        "1e2",
        "113.",
        ".5",
        "NaN",
        "113。05",
        "113.05.12",
        "一百一十三度",
    ],
)
def test_degrees_that_are_refused(cell: str) -> None:
    assert refused(longitude, cell) == "Q-DEGREES"


def test_degrees_out_of_range() -> None:
    assert refused(longitude, "181") == "Q-DEGREES-RANGE"


def test_codes_stay_as_they_are() -> None:
    for cell in ("013001", "441802001001", "A-01", "NA", "None", "null", "91441802MA4W12345X"):
        assert code(cell) == cell
    assert code("Ａ０１") == "A01"
    for cell in ("5.1E+11", "9.14418021234567e+17", "914418021234567000", "13001.0", "1e5"):
        assert refused(code, cell) == "Q-CODE-SPOILT"
    for cell in ("2026-01-02", "2026-01-02 00:00:00", "1月2日", "2-Jan", "Jan-26"):
        assert refused(code, cell) == "Q-DATE-IN-TEXT"
    assert refused(code, "x" * 65) == "Q-LONG"


def test_texts_stay_as_they_are() -> None:
    assert text("NA") == "NA"
    assert text("科普基地（研学）") == "科普基地（研学）"
    assert text(" a\u3000\n b\u200b ") == "a b"
    assert {text(f"b{mark}1") for mark in "\u00ad\u200c\u200d\u200e\u200f\ufeff"} == {"b1"}
    assert refused(text, "a\x01") == "Q-CONTROL"


def test_numbers() -> None:
    assert number("3,500.5") == 3500.5
    for cell in ("-1", "1e3", "3500m2", "约200", "NaN", ""):
        assert refused(number, cell) == "Q-NUMBER"


@given(st.dates(datetime.date(1900, 1, 1), datetime.date(2100, 12, 31)))
def test_days_come_back(date: datetime.date) -> None:
    y, m, d = date.year, date.month, date.day
    for cell in (
        date.isoformat(),
        f"{y}/{m}/{d}",
        f"{y}.{m}.{d}",
        f"{y}年{m}月{d}日",
        f"{date:%Y%m%d}",
        f"{date.isoformat()} 00:00:00",
    ):
        assert day(cell) == date


def test_days_of_a_month_or_year_are_its_last() -> None:
    assert day("2024年2月") == datetime.date(2024, 2, 29)
    assert day("2021-03") == datetime.date(2021, 3, 31)
    assert day("2021年") == datetime.date(2021, 12, 31)
    assert refused(day, "45231") == "Q-DATE-SERIAL"
    for cell in ("2021-02-30", "3/4/2021", "5000", "21-3-4", "2021-13", "2021/3-4", "昨天"):
        assert refused(day, cell) == "Q-DATE"


def test_yes_no_and_choices() -> None:
    assert yes_no("是")
    assert not yes_no(" No")
    assert refused(yes_no, "也许") == "Q-YES-NO"
    parse = choice({"在用": "open"})
    assert parse(" 在　用 ") == "open"
    assert refused(parse, "在") == "Q-CHOICE"


def test_what_counts_as_altered() -> None:
    assert not any(
        altered(cell, value)
        for cell, value in (
            ("1234", 1234),
            ("113.0500", 113.05),
            ("甲（乙）", "甲（乙）"),
            ("在用", "open"),
            ("科学馆（一）", "school"),
            ("2026-11-01", datetime.date(2026, 11, 1)),
            ("是", True),
        )
    )
    assert all(
        altered(cell, value)
        for cell, value in (
            ("1,234", 1234),
            ("１", 1),
            ("113°03′", 113.05),
            (" 甲", "甲"),
            ("Ａ1", "A1"),
            ("在用 ", "open"),
            ("2026/11/1", datetime.date(2026, 11, 1)),
            ("是 ", True),
        )
    )


# CSV


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_encodings(tmp_path: Path, encoding: str) -> None:
    table = read_table(written(tmp_path, "编号,名称,人口\n01,文洞村,12\n", encoding))
    assert table.encoding == encoding
    assert table.cells.to_dict("list") == {"编号": ["01"], "名称": ["文洞村"], "人口": ["12"]}
    assert list(table.cells.index) == [2]


@pytest.mark.parametrize("encoding", ["big5", "latin-1", "shift_jis"])
def test_other_encodings_are_refused(tmp_path: Path, encoding: str) -> None:
    words = {
        "big5": "編號,名稱,鄉鎮\n1,廣東,龍",
        "latin-1": "id,name\n1,São João",
        "shift_jis": "ばんごう,なまえ\n1,カタカナ",
    }
    with pytest.raises(LayerError) as error:
        read_table(written(tmp_path, words[encoding] + "\n", encoding))
    assert codes(error) == {"E-ENCODING"}


def test_a_broken_byte_is_not_read_as_another_encoding(tmp_path: Path) -> None:
    data = "编号,名称,人口\n1,飞来峡镇文洞村民委员会,12\n2,源潭镇青龙村民委员会,13\n".encode()
    for at in range(0, len(data) - 4, 7):
        broken = data[:at] + b"\xff" + data[at + 1 :]
        (tmp_path / "t.csv").write_bytes(broken)
        with pytest.raises(LayerError) as error:
            read_table(tmp_path / "t.csv")
        assert codes(error) <= {"E-ENCODING", "E-ENCODING-DAMAGED"}


def test_latin_utf8_is_read(tmp_path: Path) -> None:
    assert read_table(written(tmp_path, "id,name\n1,São\n")).cells["name"].tolist() == ["São"]


def test_an_ambiguous_encoding_is_refused(tmp_path: Path) -> None:
    data = "编号,n\n1,2\n".encode("gb18030").replace("编号".encode("gb18030"), b"\xc4\xa3\xc7\xa9")
    (tmp_path / "t.csv").write_bytes(data)
    with pytest.raises(LayerError) as error:
        read_table(tmp_path / "t.csv")
    assert codes(error) == {"E-ENCODING-AMBIGUOUS"}


def test_damaged_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LayerError) as error:
        read_table(written(tmp_path, "编号,名称\n1,文\ufffd村\n"))
    assert codes(error) == {"E-ENCODING-DAMAGED"}


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_a_file_cut_within_a_record_stops(tmp_path: Path, encoding: str) -> None:
    rows = "".join(f'{i:03d},村{i},"说明\n{i}",{i}\n' for i in range(1, 9))
    whole = ("编号,名称,说明,人口\n" + rows).encode(encoding)
    for at in range(whole.index(b"\n") + 2, len(whole)):
        (tmp_path / "t.csv").write_bytes(whole[:at])
        try:
            read_table(tmp_path / "t.csv")
        except LayerError as error:
            assert {fault.code for fault in error.faults} <= {"E-CUT", "E-ENCODING", "E-EMPTY"}
        else:
            records = list(csv.reader(io.StringIO(whole[:at].decode(encoding), newline="")))
            assert len(records[-1]) == 4


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("", "E-EMPTY"),
        ("编号,名称\n", "E-EMPTY"),
        ("编号,名称\n,,\n\n", "E-EMPTY"),
        ("编号,名称\n1,a\x00b\n", "E-CONTROL"),
        ("编号,名称\n1,a\x0bb\n", "E-CONTROL"),
        ("编号,名称,编号\n1,a,2\n", "E-HEADER-TWICE"),
        ("编号,名称,编　号\n1,a,2\n", "E-HEADER-TWICE"),
        ('编号,名称\n1,"a"b\n', "E-CSV"),
        ('编号,名称\n1,"ab\n', "E-CUT"),
        ("编号,名称,人口\n1,a,2\n2,b", "E-CUT"),
    ],
)
def test_files_that_stop(tmp_path: Path, content: str, expected: str) -> None:
    with pytest.raises(LayerError) as error:
        read_table(written(tmp_path, content))
    assert codes(error) == {expected}


def test_files_that_are_not_there_or_not_tables(tmp_path: Path) -> None:
    for name, expected in (
        ("no.csv", "E-FILE-MISSING"),
        ("a.doc", "E-FORMAT"),
        ("d.csv", "E-FILE"),
    ):
        (tmp_path / "d.csv").mkdir(exist_ok=True)
        with pytest.raises(LayerError) as error:
            read_table(tmp_path / name)
        assert codes(error) == {expected}


def test_rows_are_numbered_as_excel_does(tmp_path: Path) -> None:
    content = '\n编号,名称,人口\n1,"a\nb",5\n\n2,c,6\n,,\n\n'
    table = read_table(written(tmp_path, content))
    assert list(table.cells.index) == [3, 5]
    assert table.blank == 1
    assert table.cells["名称"].tolist() == ["a\nb", "c"]


def test_rows_with_a_wrong_number_of_cells(tmp_path: Path) -> None:
    content = "编号,名称,人口\n1,a,5\n2,b\n3,c,7,8\n4,d,9,\n5,e,1\n"
    table, ledger, _ = parsed(written(tmp_path, content))
    assert ledger.refused == {3, 4}
    assert {fault.code for fault in ledger.faults} == {"Q-FIELDS"}
    assert (ledger.ok, ledger.quarantined, ledger.people_unknown) == (3, 2, 2)
    assert ledger.quarantine.loc[4, "_extra"] == "8"
    assert table.cells.loc[3, "人口"] == ""


def test_other_delimiters(tmp_path: Path) -> None:
    assert list(read_table(written(tmp_path, "编号\t名称\n1\ta,b\n")).cells.columns) == [
        "编号",
        "名称",
    ]
    assert list(read_table(written(tmp_path, "编号;名称\n1;a\n")).cells.columns) == ["编号", "名称"]


def test_columns_without_header_bear_their_letter(tmp_path: Path) -> None:
    table = read_table(written(tmp_path, "编号,,名称,,\n1,x,a,,\n"))
    assert list(table.cells.columns) == ["编号", "(B)", "名称"]


# XLSX


def test_a_workbook_is_read_as_exact_text(tmp_path: Path) -> None:
    rows = [
        ("编号", "数", "日期", "是否", "长码", "浮点"),
        ("013001", 5, datetime.datetime(2026, 1, 2), True, 441802001001, 113.05),
        (None, None, None, None, None, None),
        ("NA", 5.0, datetime.datetime(2026, 1, 2, 8, 30), False, 914418021234567000, 1e-7),
    ]
    table = read_table(book(tmp_path, *rows))
    assert table.encoding == "xlsx"
    assert table.blank == 1
    assert list(table.cells.index) == [2, 4]
    assert table.cells.to_numpy().tolist() == [
        ["013001", "5", "2026-01-02", "是", "441802001001", "113.05"],
        ["NA", "5", "2026-01-02 08:30:00", "否", "9.14418021234567e+17", "1e-07"],
    ]


def test_errors_and_formulas_without_value_are_refused(tmp_path: Path) -> None:
    path = book(
        tmp_path, ("编号", "名称", "人口"), ("1", "a", "=1+1"), ("2", "#REF!", 5), ("3", "c", 6)
    )
    _, ledger, _ = parsed(path)
    assert [(f.row, f.code) for f in ledger.faults] == [(3, "Q-CELL-ERROR"), (2, "Q-FORMULA")]
    assert ledger.quarantine.loc[2, "人口"] == "=1+1"


def test_formulas_count_as_their_last_value(tmp_path: Path) -> None:
    path = book(tmp_path, ("编号", "名称", "人口"), ("1", "a", "=1+1"))
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    sheet = "xl/worksheets/sheet1.xml"
    parts[sheet] = parts[sheet].replace(b"<f>1+1</f><v></v>", b"<f>1+1</f><v>2</v>")
    parts[sheet] = parts[sheet].replace(b"<f>1+1</f><v />", b"<f>1+1</f><v>2</v>")
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    assert parsed(path)[2]["people"] == [2]


def test_sheets(tmp_path: Path) -> None:
    workbook = openpyxl.Workbook()
    workbook.active.title = "空"
    for name in ("一", "二"):
        page = workbook.create_sheet(name)
        page.append(["编号", "名称", "人口"])
        page.append([name, name, 5])
    path = tmp_path / "t.xlsx"
    workbook.save(path)
    for sheet in (None, "三"):
        with pytest.raises(LayerError) as error:
            read_table(path, sheet=sheet)
        assert codes(error) == {"E-SHEET"}
        assert "一、二" in str(error.value)
    table = read_table(path, sheet="二")
    assert (table.sheet, table.cells.loc[2, "编号"]) == ("二", "二")


def test_damaged_workbooks_stop(tmp_path: Path) -> None:
    whole = book(tmp_path, ("编号", "名称"), *((i, f"村{i}") for i in range(200))).read_bytes()
    path = tmp_path / "cut.xlsx"
    for at in (0, 10, len(whole) // 3, len(whole) // 2, len(whole) - 30):
        path.write_bytes(whole[:at])
        with pytest.raises(LayerError) as error:
            read_table(path)
        assert codes(error) == {"E-XLSX"}
    original = read_table(book(tmp_path, ("编号", "名称"), *((i, f"村{i}") for i in range(200))))
    for at in range(40, len(whole), len(whole) // 60):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0x10]) + whole[at + 1 :])
        try:
            found = read_table(path)
        except LayerError as error:
            assert {fault.code for fault in error.faults} <= {"E-XLSX", "E-XLSX-SIZE", "E-SHEET"}
        else:
            assert found.cells.equals(original.cells)


def test_a_workbook_that_unpacks_to_too_much_stops(tmp_path: Path) -> None:
    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b" " * 5_000_000)
    with pytest.raises(LayerError) as error:
        read_table(path)
    assert codes(error) == {"E-XLSX-SIZE"}


# Columns


def found(*headers: str, columns: tuple[Column, ...] = COLUMNS) -> tuple[dict[str, str], Ledger]:
    ledger = Ledger("t.csv", None, "utf-8")
    matches = resolve(headers, columns, ledger)
    return {name: match.unit for name, match in matches.items()}, ledger


@pytest.mark.parametrize(
    ("header", "unit"),
    [
        ("人口", ""),
        ("常住人口（万人）", "万人"),
        ("常住人口(2020年)", ""),
        ("人口（2020年，万人）", "万人"),
        ("人口/万人", "万人"),
        ("常住人口（单位：人）", "人"),
        ("人口\n(万人)", "万人"),
    ],
)
def test_units_in_headers(header: str, unit: str) -> None:
    assert found("ID", "Name", header)[0] == {"id": "", "name": "", "people": unit}


def test_an_unknown_unit_stops() -> None:
    with pytest.raises(LayerError) as error:
        found("编号", "名称", "人口（户）")
    assert codes(error) == {"E-UNIT"}


def test_all_faults_of_the_headers_come_together() -> None:
    with pytest.raises(LayerError) as error:
        found("编号", "id", "说明", "人口增长率")
    assert codes(error) == {"E-HEADER-SEVERAL", "E-HEADER-MISSING"}
    assert len(error.value.faults) == 3
    assert "人口增长率" in str(error.value)


def test_unknown_headers_are_kept_and_near_ones_named() -> None:
    _, ledger = found("编号", "名称", "人口", "常驻人口", "备注")
    assert ledger.unknown == ["常驻人口", "备注"]
    assert [(f.code, f.column) for f in ledger.warnings] == [("W-HEADER-NEAR", "常驻人口")]


# Ledger


def test_a_header_unit_multiplies_and_is_counted(tmp_path: Path) -> None:
    _, ledger, values = parsed(
        written(tmp_path, "编号,名称,常住人口（万人）\n1,a,0.2270\n2,b,1.5\n")
    )
    assert values["people"] == [2270, 15000]
    assert ledger.normalised == {"常住人口（万人）": 2}
    assert ledger.people_in == ledger.people_ok == 17270


def test_every_fault_of_a_row_is_told(tmp_path: Path) -> None:
    _, ledger, _ = parsed(written(tmp_path, "编号,名称,人口\n1E+05,,-5\n2,b,7\n"))
    row = ledger.quarantine.loc[2]
    assert row["_code"] == "Q-CODE-SPOILT;Q-MISSING;Q-PEOPLE-NEGATIVE"
    assert row["_column"] == "编号;名称;人口"
    assert (row["编号"], row["人口"], row["_row"], row["_population"]) == ("1E+05", "-5", "2", "")
    assert (ledger.quarantined, ledger.people_unknown) == (1, 1)


def test_totals_are_set_apart_and_do_not_count(tmp_path: Path) -> None:
    rows = "1,a,5\n2,b,6\n合　计,,11\n,全区,11\n东城街道小计:,,3\n"
    _, ledger, _ = parsed(written(tmp_path, "编号,名称,人口\n" + rows))
    assert {f.code for f in ledger.faults} == {"Q-TOTAL"}
    assert (ledger.quarantined, ledger.total_rows, ledger.people_in) == (3, 3, 11)
    limits(ledger, accept=False)


def test_a_corrected_quarantine_can_be_fed_back(tmp_path: Path) -> None:
    _, ledger, _ = parsed(written(tmp_path, "编号,名称,人口\n1,a,约5\n2,b,7\n"))
    corrected = ledger.quarantine.assign(人口="5")
    corrected.to_csv(tmp_path / "q.csv", index=False, encoding="utf-8-sig")
    _, again, values = parsed(tmp_path / "q.csv")
    assert (again.ok, again.quarantined, values["people"]) == (1, 0, [5])
    assert again.unknown == []


@pytest.mark.parametrize(("good", "bad", "within"), [(980, 20, True), (979, 21, False)])
def test_the_limit_of_rows_is_inclusive(tmp_path: Path, good: int, bad: int, within: bool) -> None:
    rows = [f"{i},a,1000" for i in range(good)] + [f"x{i},,1" for i in range(bad)]
    _, ledger, _ = parsed(written(tmp_path, "编号,名称,人口\n" + "\n".join(rows) + "\n"))
    if within:
        limits(ledger, accept=False)
    else:
        with pytest.raises(LayerError) as error:
            limits(ledger, accept=False)
        assert error.value.faults[0].code == "E-QUARANTINE"


def test_the_limit_of_people_takes_the_unknown_at_their_worst(tmp_path: Path) -> None:
    rows = [f"{i},a,1000" for i in range(199)]
    header = "编号,名称,人口\n"
    for last, stops in (("x,,1000", False), ("x,,1001", True), ("x,b,约5", False)):
        _, ledger, _ = parsed(written(tmp_path, header + "\n".join([*rows, last]) + "\n"))
        if stops:
            with pytest.raises(LayerError):
                limits(ledger, accept=False)
            limits(ledger, accept=True)
            assert [fault.code for fault in ledger.warnings] == ["W-QUARANTINE"]
        else:
            limits(ledger, accept=False)
    _, ledger, _ = parsed(written(tmp_path, header + "\n".join([*rows[1:], "x,b,约5"]) + "\n"))
    with pytest.raises(LayerError):
        limits(ledger, accept=False)


CELLS = st.one_of(
    st.sampled_from(
        ["", "5", "1,234", "约5", "-3", "合计", "NA", "#REF!", "=A1", "1E+11", "2.5万人"]
    ),
    st.text(
        st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="\ufffd"),
        max_size=6,
    ),
)


@given(st.lists(st.lists(CELLS, min_size=2, max_size=5), min_size=1, max_size=12))
def test_the_ledger_always_balances(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]]
) -> None:
    out = io.StringIO()
    csv.writer(out).writerows([["编号", "名称", "人口", "说明"], ["1", "a", "7", ""], *rows])
    path = tmp_path_factory.mktemp("t") / "t.csv"
    path.write_text(out.getvalue(), "utf-8-sig", newline="")
    _, ledger, values = parsed(path)
    ledger.balance()
    assert ledger.rows_in == ledger.ok + ledger.quarantined + ledger.ignored
    assert ledger.people_in == ledger.people_ok + ledger.people_quarantined
    assert len(ledger.quarantine) == ledger.quarantined
    assert sum(n for n in values["people"] if isinstance(n, int)) == ledger.people_in
    assert all(fault.zh and fault.en for fault in ledger.faults)
    ledger.summary()


def test_an_unbalanced_ledger_is_our_fault() -> None:
    with pytest.raises(RuntimeError):
        Ledger("t.csv", None, "utf-8", rows_in=1).balance()
    with pytest.raises(RuntimeError):
        Ledger("t.csv", None, "utf-8", people_in=1).balance()
