"""What is said when something is wrong: both languages, one line, nothing that a name can break."""

from __future__ import annotations

import ast
import csv
import re
from pathlib import Path
from string import Formatter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kepu.geo.errors import (
    VALUE_CHARACTERS,
    CrsError,
    Fault,
    KepuError,
    LayerError,
    NetworkError,
    OutputError,
    StudyError,
    messages,
    printable,
)

ROOT = Path(__file__).parents[1]
CODE = re.compile(r"[EQW]-[A-Z0-9]+(-[A-Z0-9]+)*")


SAYING = ("Fault", "CellError", "fault", "refuse", "warn")
"""What takes a code, and the facts of its text: `Fault` as a table, the others as keywords."""


def sources() -> list[Path]:
    folders = ("geo", "layers", "coverage", "maps")
    return [*ROOT.glob("*.py"), *(p for folder in folders for p in (ROOT / folder).rglob("*.py"))]


def facts_said() -> dict[str, list[set[str] | None]]:
    """Every code that the sources say: the names of its facts, None where they cannot be seen."""
    found: dict[str, list[set[str] | None]] = {}
    for path in sources():
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            by = getattr(node.func, "attr", getattr(node.func, "id", ""))
            said = [a.value for a in node.args if isinstance(a, ast.Constant)]
            codes = [one for one in said if isinstance(one, str) and CODE.fullmatch(one)]
            if by in SAYING and codes:
                found.setdefault(codes[0], []).append(names_of_facts(node, is_fault=by == "Fault"))
    return found


def names_of_facts(call: ast.Call, *, is_fault: bool) -> set[str] | None:
    facts = next((k.value for k in call.keywords if k.arg == "facts"), None)
    if isinstance(facts, ast.Dict) and all(isinstance(k, ast.Constant) for k in facts.keys):
        return {key.value for key in facts.keys if isinstance(key, ast.Constant)}
    if facts is not None or any(k.arg is None for k in call.keywords):
        return None
    return set() if is_fault else {str(k.arg) for k in call.keywords}


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


SAID = facts_said()


def test_no_code_stands_twice_and_every_text_is_there():
    with (ROOT / "data" / "messages.csv").open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    codes = [row["code"] for row in rows]
    assert len(codes) == len(set(codes)) == len(messages())
    for row in rows:
        assert CODE.fullmatch(row["code"])
        assert all(row.values()), row["code"]
        for language in ("zh", "en"):
            text = row[language] + row[f"remedy_{language}"]
            assert text == text.strip()
            assert "\n" not in text
            assert not text.endswith(("。", "."))
        for language in ("zh", "en"):
            chinese = len(re.findall(r"[\u4e00-\u9fff]", row[language]))
            letters = len(re.findall(r"[a-zA-Z]", re.sub(r"{\w+}", "", row[language])))
            assert (chinese > 0) if language == "zh" else (letters > 3 * chinese), row["code"]


def test_the_languages_say_the_same_facts():
    for code, message in messages().items():
        for pair in ((message.zh, message.en), (message.remedy_zh, message.remedy_en)):
            zh, en = ({re.sub(r"_?(zh|en)$", "", name) for name in fields(text)} for text in pair)
            assert zh == en, code


def test_the_codes_of_the_sources_are_those_that_have_a_text():
    written = "\n".join(path.read_text("utf-8") for path in sources())
    named = {found[1] for found in re.finditer(rf'"({CODE.pattern})"', written)}
    assert len(SAID) > 100
    assert sorted(named - set(messages())) == []
    assert sorted(set(messages()) - named) == []


@pytest.mark.parametrize("code", sorted(set(SAID) & set(messages())))
def test_every_name_in_a_text_is_given(code):
    message = messages()[code]
    texts = (message.zh, message.en, message.remedy_zh, message.remedy_en)
    wanted = set().union(*map(fields, texts))
    for given_names in SAID[code]:
        assert given_names is None or wanted <= given_names


def test_the_tree_of_errors():
    for error in (StudyError, LayerError, CrsError, NetworkError, OutputError):
        assert issubclass(error, KepuError)
        assert error.__doc__
    assert issubclass(CrsError, LayerError)


def test_a_fault_names_its_place_in_both_languages():
    fault = Fault("E-DATUM", file="点.xlsx", sheet="Sheet1", row=7, column="经度", value="x",
                  facts={"known": "WGS84"})  # fmt: skip
    assert fault.zh.startswith("[E-DATUM] 文件 点.xlsx 工作表 Sheet1 第7行 列“经度” 值“x”：")
    assert fault.en.startswith('[E-DATUM] 点.xlsx, sheet Sheet1, row 7, column 经度, value "x": ')
    assert "WGS84" in fault.reason_zh
    assert "WGS84" in fault.reason_en
    assert str(fault) == f"{fault.zh}\n{fault.en}"
    assert Fault("E-GRAPH-EMPTY").zh.startswith("[E-GRAPH-EMPTY] ")


def test_an_error_bears_all_its_faults():
    faults = [Fault("E-GRAPH-EMPTY"), Fault("E-DATUM", value="x", facts={"known": "y"})]
    error = LayerError(*faults)
    assert error.faults == tuple(faults)
    for fault in faults:
        assert fault.zh in str(error)


@given(st.text(max_size=200))
def test_whatever_stands_in_a_cell_is_one_printable_line(text):
    shown = printable(text)
    assert shown.isprintable()
    assert len(shown) <= VALUE_CHARACTERS
    if text.isprintable() and len(text) <= VALUE_CHARACTERS:
        assert shown == text


@given(st.text(max_size=200))
def test_no_value_breaks_a_message(text):
    """Braces in a value are not asked for facts, line breaks do not make a second message."""
    fault = Fault("E-DATUM", file=text, column=text, value=text, facts={"known": text})
    assert len(str(fault).splitlines()) == 2
    assert printable(text) in fault.zh


def test_a_long_path_keeps_the_name_of_its_file() -> None:
    fault = Fault("E-FILE-MISSING", file="/资料" * 40 + "/没有.toml")
    assert "/没有.toml" in fault.zh
    assert "/没有.toml" in fault.en
