"""A new study: it runs as it is, and what it offers to the user is what the layers read."""

from __future__ import annotations

import json
import re
import tomllib
import typing
import zipfile
from pathlib import Path

import openpyxl
import pytest
from openpyxl.utils import get_column_letter, range_boundaries
from openpyxl.workbook.workbook import Workbook
from pydantic import BaseModel
from typer.testing import CliRunner

from kepu.cli import app
from kepu.geo.errors import OutputError
from kepu.geo.profile import default_profiles
from kepu.inputs import read_layers
from kepu.layers.columns import Column, resolve
from kepu.layers.demand import RURALS, demand_columns
from kepu.layers.ledger import Ledger
from kepu.layers.points import SPELLINGS
from kepu.layers.tables import open_ledger, read_table
from kepu.layers.venue_columns import PRECISIONS, STATUSES, venue_columns
from kepu.layers.venues import venue_types
from kepu.starter import new_study, study_text
from kepu.starter_books import COLOURS, LAST_ROW, NOTES, WORDS
from kepu.starter_forms import DEMAND_FIELDS, EACH, MAY, MUST, TEXT, VENUE_FIELDS, Field
from kepu.study_file import read_study
from kepu.study_keys import Study

NAME = '某区 "科普" \\ 覆盖'
TABLES = {
    "设施": (VENUE_FIELDS, venue_columns(venue_types())),
    "人口": (DEMAND_FIELDS, demand_columns("census")),
}
CODES = {"设施": ("编号", "启用日期", "关闭日期", "数据日期"), "人口": ("代码", "城乡")}
OFFERED = {
    "type": set(venue_types()),
    "status": set(STATUSES.values()),
    "precision": set(PRECISIONS.values()),
    "rural": set(RURALS.values()),
    "datum": set(SPELLINGS.values()),
    "public": {True, False},
}
"""What the layers make of the words of each drop-down, by column."""
SWITCHED_OFF = re.compile(r"^#(?=[a-z_0-9]+ = )", re.MULTILINE)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("new") / "某区 研究"
    new_study(place, name=NAME)
    return place


@pytest.fixture(scope="module")
def books(folder: Path) -> dict[str, Workbook]:
    return {name: openpyxl.load_workbook(folder / f"{name}.xlsx") for name in TABLES}


@pytest.fixture(scope="module")
def matched(folder: Path) -> dict[str, tuple[dict[str, Column], Ledger]]:
    """The columns that the layers find in each template, by header."""
    found = {}
    for name, (_, columns) in TABLES.items():
        table = read_table(folder / f"{name}.xlsx", sheet=name)
        ledger = open_ledger(table)
        matches = resolve(list(table.cells.columns), columns, ledger)
        found[name] = ({match.header: match.column for match in matches.values()}, ledger)
    return found


def offered(book: Workbook, name: str) -> dict[str, list[str]]:
    """The words of the drop-downs, by header."""
    sheet, found = book[name], {}
    for rule in sheet.data_validations.dataValidation:
        if rule.type == "list":
            place, _, area = rule.formula1.partition("!")
            cells = book[place.strip("'")][area.replace("$", "")]
            column, first, _, last = range_boundaries(str(rule.sqref))
            assert (first, last) == (2, LAST_ROW)
            found[sheet.cell(1, column).value] = [cell.value for (cell,) in cells]
    return found


def test_it_says_what_it_wrote(tmp_path: Path):
    (tmp_path / "empty").mkdir()
    paths = new_study(tmp_path / "empty", name=NAME)
    assert sorted(paths) == sorted((tmp_path / "empty").iterdir())
    assert [path.name for path in paths] == [
        "说明.txt", "study.toml", "设施.xlsx", "人口.xlsx", "towns.geojson", "roads.osm.pbf",
    ]  # fmt: skip


def test_every_row_is_read(folder: Path):
    study = read_study(folder / "study.toml")
    layers = read_layers(study)
    assert study.study.name == NAME
    assert study.study.illustrative
    for ledger in layers.ledgers.values():
        assert (ledger.ok, ledger.faults) == (ledger.rows_in, [])
        assert not ledger.warnings
    assert len(layers.demand) == 161
    assert layers.demand["people"].sum() == 1_119_901
    assert set(layers.venues["status"]) == {"open", "planned"}
    assert layers.venues["outside"].sum() == 1
    wanted = {kind for standard in study.standards for kind in standard.types}
    assert set(layers.venues["type"]) & wanted


def test_it_passes_the_check(folder: Path):
    done = CliRunner().invoke(app, ["check", str(folder / "study.toml"), "--json"])
    assert done.exit_code == 0, done.output


def test_it_runs_as_it_is(folder: Path, tmp_path: Path):
    command = ["run", str(folder / "study.toml"), "--out", str(tmp_path / "结果"), "--no-cache"]
    done = CliRunner().invoke(app, [*command, "--no-appendix", "--json"])
    assert done.exit_code == 0, done.output
    said = json.loads(next(line for line in done.output.splitlines() if line.startswith("{")))
    assert len(said["standards"]) == 3
    assert "示意数据" in (tmp_path / "结果" / "map.html").read_text("utf-8")


def test_the_same_study_is_the_same_bytes(folder: Path, tmp_path: Path):
    for path in new_study(tmp_path / "again", name=NAME):
        assert path.read_bytes() == (folder / path.name).read_bytes()
    for name in TABLES:
        with zipfile.ZipFile(folder / f"{name}.xlsx") as archive:
            assert {entry.date_time[0] for entry in archive.infolist()} == {1980}


def test_what_lies_there_is_not_touched(tmp_path: Path):
    (tmp_path / "设施.xlsx").write_text("mine")
    with pytest.raises(OutputError, match="E-NEW-EXISTS"):
        new_study(tmp_path, name=NAME)
    with pytest.raises(OutputError, match="E-NEW-EXISTS"):
        new_study(tmp_path / "设施.xlsx", name=NAME)
    assert [path.read_text() for path in tmp_path.iterdir()] == ["mine"]


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path):
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="E-NEW-WRITE"):
        new_study(tmp_path / "file" / "study", name=NAME)


@pytest.mark.parametrize("name", TABLES)
def test_headers_are_those_of_the_layers(matched, name: str):
    fields, columns = TABLES[name]
    found, ledger = matched[name]
    assert list(ledger.unknown) == []
    assert ledger.warnings == []
    assert {field.header for field in fields} == set(found)
    assert all(header in column.aliases for header, column in found.items())
    assert {c.name for c in columns if c.required} <= {c.name for c in found.values()}


@pytest.mark.parametrize("name", TABLES)
def test_what_must_be_filled_is_marked(matched, books: dict[str, Workbook], name: str):
    found, _ = matched[name]
    sheet, notes = books[name][name], books[name][NOTES]
    said = {row[0]: row for row in notes.iter_rows(min_row=2, values_only=True)}
    marked = {str(area.sqref) for area in sheet.conditional_formatting}
    for cell, field in zip(sheet[1], TABLES[name][0], strict=True):
        column = found[cell.value]
        point = field.header in ("经度", "纬度")  # an address may stand for it, at less precision
        filled, required = column.filled or point, column.required or point
        need = MUST if required and filled else EACH if filled else MAY
        assert field.need == need, field.header
        assert cell.fill.fgColor.rgb == f"00{COLOURS[need]}"
        assert said[field.header][1] == need
        assert all(said[field.header]), "each column has a meaning, its values and an example"
        area = f"{cell.column_letter}2:{cell.column_letter}{LAST_ROW}"
        assert (area in marked) == (need != MAY)


@pytest.mark.parametrize("name", TABLES)
def test_drop_downs_offer_what_is_allowed(matched, books: dict[str, Workbook], name: str):
    found, _ = matched[name]
    lists = offered(books[name], name)
    assert {found[header].name for header in lists} == OFFERED.keys() & {
        column.name for column in found.values()
    }
    for header, words in lists.items():
        column = found[header]
        assert len(words) == len(set(words))
        assert {column.parse(word) for word in words} == OFFERED[column.name], header
    if name == "设施":
        assert lists["类型"] == [kind.name for kind in venue_types().values()]
        words = books[name][WORDS]
        beside = words.cell(1, [cell.value for cell in words[1]].index("类型") + 2).column
        keys = [words.cell(row, beside).value for row in range(2, len(lists["类型"]) + 2)]
        assert keys == list(venue_types())


@pytest.mark.parametrize("name", TABLES)
def test_excel_cannot_spoil_codes(books: dict[str, Workbook], name: str):
    sheet = books[name][name]
    fields = {field.header: field for field in TABLES[name][0]}
    assert all(fields[header].style == TEXT for header in CODES[name])
    for column, field in enumerate(fields.values(), 1):
        assert sheet.column_dimensions[get_column_letter(column)].number_format == field.style
        for (cell,) in sheet.iter_rows(2, sheet.max_row, column, column):
            if cell.value is not None:
                assert cell.number_format == field.style
                assert isinstance(cell.value, str) == (field.style == TEXT)


@pytest.mark.parametrize(("name", "field"), [(n, f) for n, t in TABLES.items() for f in t[0]])
def test_examples_of_the_notes_can_be_read(matched, name: str, field: Field):
    column = matched[name][0][field.header]
    assert column.parse(field.example) is not None


@pytest.mark.parametrize("name", TABLES)
def test_the_page_is_made_for_chinese(books: dict[str, Workbook], name: str):
    assert books[name].sheetnames == [name, NOTES, WORDS]
    assert books[name].active.title == name
    assert books[name][name].freeze_panes == "C2"
    for sheet in books[name]:
        cells = [cell for row in sheet.iter_rows() for cell in row if cell.value is not None]
        assert {(cell.font.name, cell.font.charset) for cell in cells} == {("微软雅黑", 134)}
        for rule in sheet.data_validations.dataValidation:
            assert len(rule.promptTitle) <= 32
            assert max(len(rule.prompt), len(rule.error)) <= 255


def keys_said(model: type[BaseModel], said: typing.Any, where: str = "") -> typing.Iterator[str]:
    """The keys of a model, and of those inside it, that a table of TOML does not have."""
    for key, field in model.model_fields.items():
        if field.exclude:
            continue
        if key not in said:
            yield f"{where}{key}"
            continue
        inner = [field.annotation, *typing.get_args(field.annotation)]
        models = [m for m in inner if isinstance(m, type) and issubclass(m, BaseModel)]
        value = said[key]
        if not models:
            continue
        if isinstance(value, list):
            parts = value[:1]
        elif typing.get_origin(field.annotation) is dict:
            parts = list(value.values())
        else:
            parts = [value]
        for part in parts:
            yield from keys_said(models[0], part, f"{where}{key}.")


def test_the_study_file_says_every_key():
    said = tomllib.loads(SWITCHED_OFF.sub("", study_text(NAME)))
    assert list(keys_said(Study, said)) == []
    assert set(said["modes"]) == set(default_profiles())


def switched_on(folder: Path, text: str) -> Study:
    path = folder / "study.toml"
    path.write_text(text, encoding="utf-8", newline="\n")
    return read_study(path)


def test_each_optional_key_can_be_switched_on(tmp_path: Path):
    text = study_text(NAME)
    places = [match.start() for match in SWITCHED_OFF.finditer(text)]
    assert len(places) > 20
    for at in places:
        switched_on(tmp_path, text[:at] + text[at + 1 :])


def test_optional_keys_show_their_defaults(tmp_path: Path):
    text = study_text(NAME)
    plain, full = switched_on(tmp_path, text), switched_on(tmp_path, SWITCHED_OFF.sub("", text))
    examples = {
        "modes",
        "speeds",
        "path",
        "folder",
        "control",
        "groups",
        "paces",
        "calibration",
        "targets",
        "sites",
        "tour",
    }
    shown = full.model_dump(exclude=examples)
    shown["towns"]["layer"] = shown["demand"]["kind"] = None
    for table in ("venues", "demand"):
        shown[table] |= {"header": None, "columns": {}, "corrections": None}
    shown["roads"]["sha256"] = None
    assert shown == plain.model_dump(exclude=examples)
    for mode, rules in full.modes.items():
        for key, value in rules.model_dump().items():
            assert value == getattr(default_profiles()[mode], key), f"{mode}.{key}"
    assert full.profiles["car"].speeds["secondary"].kmh == 40


@pytest.mark.parametrize("file", ["study.toml", "说明.txt"])
def test_texts_open_in_any_editor_of_windows(folder: Path, file: str):
    data = (folder / file).read_bytes()
    assert data.count(b"\r\n") == data.count(b"\n") > 15
    assert "示意数据" in data.decode("utf-8-sig")
