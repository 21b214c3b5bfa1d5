"""Scenarios as files: reading, with the edit of each fault, and writing."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from .geo.errors import Fault, StudyError
from .scenario_keys import DOING, CloseRoads, Scenario
from .study_file import VALUE_TEXTS
from .toml_file import read_toml

HEADER = (
    "# 情景文件：kepu whatif 研究文件 --scenario 本文件。改动按先后次序生效，不改变研究本身。\n"
)
INLINE = 100


def read_scenario(path: Path) -> Scenario:
    """
    Read a scenario file; a spatial file that it names is sought beside it.

    Raises
    ------
    StudyError
        No such file, no TOML, an unknown edit or key, a wrong value; all at once.
    """
    _, content = read_toml(path)
    content.setdefault("name", path.stem)
    scenario = checked(content, path.name)
    folder = path.absolute().parent
    beside = [
        edit.model_copy(update={"area_file": str(folder / edit.area_file)})
        if isinstance(edit, CloseRoads) and edit.area_file
        else edit
        for edit in scenario.edits
    ]
    return scenario.model_copy(update={"edits": tuple(beside)})


def read_scenarios(paths: Iterable[Path], *, taken: Iterable[str] = ()) -> list[Scenario]:
    """
    Read scenario files.

    Parameters
    ----------
    taken
        Names that none may bear.

    Raises
    ------
    StudyError
        As `read_scenario`; two bear the same name, or one that is taken.
    """
    found = [read_scenario(path) for path in paths]
    require_own_names(found, taken=taken)
    return found


def require_own_names(scenarios: Iterable[Scenario], *, taken: Iterable[str] = ()) -> None:
    """Refuse scenarios of one name, which no table could tell apart, or of one that is taken."""
    names = [*taken, *(scenario.name for scenario in scenarios)]
    twice = sorted({one for one in names if names.count(one) > 1})
    if twice:
        raise StudyError(*(Fault("E-SCENARIO-TWICE", value=one) for one in twice))


def checked(content: Mapping[str, Any], source: str) -> Scenario:
    """
    Return the scenario that some content says.

    Parameters
    ----------
    source
        The file or option it comes from, for messages.

    Raises
    ------
    StudyError
        It says what no scenario may say.
    """
    try:
        return Scenario.model_validate(dict(content))
    except ValidationError as error:
        raise StudyError(*(_fault(source, one) for one in error.errors())) from error


def _fault(source: str, error: Any) -> Fault:
    """Turn one of pydantic's errors into a fault that names the edit by its number."""
    loc = list(error["loc"])
    number = loc[1] + 1 if len(loc) > 1 and loc[0] == "edits" else None
    doing = next((str(part) for part in loc if part in DOING), "")
    where = ".".join(str(part) for part in loc if part not in DOING and part != "edits")
    where = (where or "edits") if number is None else _of_edit(number, doing, loc)
    kind = error["type"]
    if kind == "extra_forbidden":
        model: type[BaseModel] = DOING.get(doing, Scenario)
        return _unknown("E-SCENARIO-KEY", source, where, str(loc[-1]), list(model.model_fields))
    if kind in ("union_tag_invalid", "union_tag_not_found"):
        edit = error["input"]
        said = str(edit.get("do", "")) if isinstance(edit, Mapping) else ""
        return _unknown("E-SCENARIO-DO", source, where, said, list(DOING))
    if kind == "missing":
        return Fault("E-SCENARIO-MISSING", file=source, value=where)
    known = VALUE_TEXTS.get(kind, "{msg}")
    chinese = known.format_map({"msg": error["msg"], **error.get("ctx", {})})
    if kind == "string_pattern_mismatch":
        chinese = "不能含控制字符"
    if kind == "value_error":
        how = "至少写一种" if doing == "change_hours" else "写明且只写一种"
        chinese = f"须{how}：{error['msg'].partition(', ')[2]}"
    return Fault(
        "E-STUDY-VALUE", file=source, column=where, value=str(error["input"])[:INLINE],
        facts={"zh": chinese, "en": error["msg"]},
    )  # fmt: skip


def _of_edit(number: int, doing: str, loc: Sequence[Any]) -> str:
    """Return which edit it is, what it does, and the key in it."""
    key = ".".join(str(part) for part in loc[2:] if part not in DOING)
    return " ".join(part for part in (f"edits[{number}]", doing, key) if part)


def _unknown(code: str, source: str, where: str, said: str, known: list[str]) -> Fault:
    near = difflib.get_close_matches(said[:INLINE], known, 1, 0.5)
    facts = {"near": near[0] if near else "、".join(known)}
    return Fault(code, file=source, column=where, value=said[:INLINE], facts=facts)


def scenario_text(scenario: Scenario) -> str:
    """Return a scenario as a file that `read_scenario` reads back; defaults are left out."""
    lines = [HEADER, f"name = {_toml(scenario.name)}\n"]
    if scenario.note:
        lines.append(f"note = {_toml(scenario.note)}\n")
    if scenario.resnap:
        lines.append("resnap = true\n")
    for edit in scenario.edits:
        content = edit.model_dump(exclude_defaults=True, exclude_none=True)
        content = {"do": edit.do, **content}
        lines.append("\n[[edits]]\n")
        lines += [f"{key} = {_toml(value)}\n" for key, value in content.items()]
    return "".join(lines)


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key} = {_toml(item)}" for key, item in value.items()) + " }"
    if isinstance(value, Iterable) and not isinstance(value, str):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return json.dumps(str(value), ensure_ascii=False).replace("\x7f", "\\u007f")
