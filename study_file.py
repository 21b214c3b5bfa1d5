"""Reading a study file: what is wrong with it is told with its line and the nearest right key."""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from .geo.errors import Fault, StudyError
from .layers.venues import venue_types
from .study_keys import StandardRules, Study, wrong_speed
from .toml_file import read_toml

VALUE_TEXTS = {
    "greater_than": "须大于 {gt}",
    "greater_than_equal": "须不小于 {ge}",
    "less_than": "须小于 {lt}",
    "less_than_equal": "须不大于 {le}",
    "literal_error": "只能是 {expected}",
    "string_type": "须为带引号的文字",
    "string_too_short": "不能为空",
    "string_pattern_mismatch": "格式不符（{pattern}）",
    "float_type": "须为数字，不带引号",
    "int_type": "须为整数，不带引号",
    "bool_type": "须为 true 或 false",
    "date_type": "须为日期，如 2026-11-01，不带引号",
    "too_short": "至少要有 {min_length} 项",
    "model_type": "须为一节，如 [towns]",
    "model_attributes_type": "须为一节，如 [[edits]]",
    "tuple_type": "须为列表，如 [5, 10]",
    "dict_type": "须为一节",
    "finite_number": "须为有限的数，不能是 inf 或 nan",
    "int_from_float": "须为整数",
    "string_too_long": "最多 {max_length} 个字",
    "string_unicode": "含有不能写成文字的字节",
    "too_long": "最多 {max_length} 项",
}
"""What pydantic's kinds of error mean, for those who read Chinese; it says the English itself."""
OURS = (("folder",), ("path",))
"""Of a study, but not to be written: where its file lies."""
TABLE = re.compile(r"\s*(\[\[?)\s*([^\[\]]+?)\s*\]\]?\s*(?:#.*)?")
KEY = re.compile(r"""\"[^"]*\"|'[^']*'|[A-Za-z0-9_-]+""")
ESCAPED = "\t\n\r\b\f"
"""What TOML makes of a backslash and a letter: of `\\t` in a path, for one."""


def read_study(path: Path, *, corrected: Path | None = None) -> Study:
    """
    Read a study file.

    Parameters
    ----------
    path
        The TOML file.
    corrected
        Folder with corrected quarantine files, `venues.csv` and `demand.csv`, either or both.

    Raises
    ------
    StudyError
        No such file, no TOML, unknown keys, wrong values, unknown types of venue; all at once.
    """
    text, content = read_toml(path)
    try:
        study = Study.model_validate(
            {**content, "folder": path.absolute().parent, "path": path.absolute()}
            if not {"folder", "path"} & set(content)
            else content
        )
    except ValidationError as error:
        found = error.errors()
        inner = {each["loc"][:depth] for each in found for depth in range(len(each["loc"]))}
        faults = [_fault(path, text, each) for each in found if each["loc"] not in inner]
        raise StudyError(*faults) from error
    _check_standards(study, path)
    return study if corrected is None else _with_corrections(study, corrected)


def _with_corrections(study: Study, folder: Path) -> Study:
    """
    Return the study with the corrected quarantine files of a folder.

    Raises
    ------
    StudyError
        The folder holds neither.
    """
    found = {}
    for name in ("venues", "demand"):
        path = (folder / f"{name}.csv").absolute()
        if path.is_file():
            source = getattr(study, name)
            found[name] = source.model_copy(update={"corrections": str(path)})
    if not found:
        raise StudyError(Fault("E-CORRECTIONS", file=str(folder)))
    return study.model_copy(update=found)


def _fault(path: Path, text: str, error: Any) -> Fault:
    """Turn one of pydantic's errors into a fault with its line in the file."""
    where = ".".join(str(part) for part in error["loc"])
    key = str(error["loc"][-1]) if error["loc"] else ""
    line = line_of(text, error["loc"])
    if error["type"] == "extra_forbidden" or error["loc"] in OURS:
        known = _keys_at(error["loc"][:-1])
        near = difflib.get_close_matches(key, known, 1, 0.5)
        return Fault(
            "E-STUDY-KEY",
            file=path.name,
            row=line,
            value=where,
            facts={"near": near[0] if near else "、".join(sorted(known))},
        )
    if error["type"] == "missing":
        return Fault("E-STUDY-MISSING", file=path.name, value=where)
    value = str(error["input"])
    if key == "file" and any(c in value for c in ESCAPED):
        return Fault("E-TOML-BACKSLASH", file=path.name, row=line, column=where, value=value)
    said = VALUE_TEXTS.get(error["type"], "{msg}")
    chinese = said.format_map({"msg": error["msg"], **error.get("ctx", {})})
    return Fault(
        "E-STUDY-VALUE",
        file=path.name,
        row=line,
        column=where,
        value=value,
        facts={"zh": chinese, "en": error["msg"]},
    )


def line_of(text: str, location: Sequence[int | str]) -> int | None:
    """
    Return the line of a key of a TOML text, or of what it stands in; none if it is not there.

    `location` is the path of the key, with the number of the table in a list of tables.
    """
    table: tuple[int | str, ...] = ()
    lists: Counter[str] = Counter()
    nearest, deepest = None, 0
    for number, content in enumerate(text.splitlines(), 1):
        if head := TABLE.fullmatch(content):
            table = tuple(KEY.findall(head[2]))
            if head[1] == "[[":
                lists[head[2]] += 1
                table = (*table, lists[head[2]] - 1)
            here = table
        else:
            here = (*table, *KEY.findall(content.partition("=")[0])) if "=" in content else ()
        here = tuple(part.strip("\"'") if isinstance(part, str) else part for part in here)
        if len(here) > deepest and here == tuple(location[: len(here)]):
            nearest, deepest = number, len(here)
    return nearest


def _keys_at(location: tuple[Any, ...]) -> list[str]:
    """Return the keys that may stand at a place of the study file."""
    model: Any = Study
    for part in location:
        if part not in model.model_fields:  # a number in a list, a mode, or what is none
            continue
        model = _model_of(model.model_fields[part].annotation)
    return [name for name in model.model_fields if name not in ("folder", "path")]


def _model_of(annotation: Any) -> Any:
    """Return the model inside an annotation such as `tuple[Model, ...]` or `dict[str, Model]`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    found = (_model_of(part) for part in getattr(annotation, "__args__", ()))
    return next((model for model in found if model is not None), None)


def _too_fine(standard: StandardRules, path: Path) -> list[Fault]:
    """Refuse goals and limits finer than what is printed: print would say met when they are not."""
    found = []
    for key, value, steps, zh, en in (
        ("minutes", standard.minutes, 10, "须为 0.1 分钟的整数倍", "give tenths of a minute"),
        ("goal", standard.goal, 1000, "须为 0.001 的整数倍", "give thousandths"),
    ):
        if abs(value * steps - round(value * steps)) > 1e-6 or round(value * steps) < 1:
            column = f"standards.{standard.key}.{key}"
            facts = {"zh": zh, "en": en}
            found.append(
                Fault(
                    "E-STUDY-VALUE", file=path.name, column=column, value=f"{value:g}", facts=facts
                )
            )
    return found


def _thresholds(study: Study, path: Path) -> list[Fault]:
    """Refuse thresholds beyond the horizon: longer trips are not searched for, nor counted."""
    horizon, found = study.study.horizon_minutes, study.study.thresholds
    fine = all(
        each <= horizon and round(each * 10) > 0 and abs(each * 10 - round(each * 10)) < 1e-6
        for each in found
    )
    if fine and len(set(found)) == len(found):
        return []
    facts = {
        "zh": f"须为大于 0、不超过 horizon_minutes（{horizon:g}）且互不相同的 0.1 分钟的整数倍",
        "en": f"give different tenths of a minute above 0 and up to horizon_minutes ({horizon:g})",
    }
    value = ", ".join(f"{each:g}" for each in found)
    return [
        Fault("E-STUDY-VALUE", file=path.name, column="study.thresholds", value=value, facts=facts)
    ]


def _standard_faults(study: Study, standard: StandardRules, path: Path) -> list[Fault]:
    """Tell what of one standard cannot be: its types, mode and minutes."""
    known, faults = venue_types(), list[Fault]()
    for kind in standard.types:
        if kind not in known:
            near = difflib.get_close_matches(kind, known, 1, 0.4)
            faults.append(
                Fault(
                    "E-STANDARD-TYPE",
                    file=path.name,
                    column=f"standards.{standard.key}.types",
                    value=kind,
                    facts={"near": near[0] if near else "、".join(known)},
                )
            )
    if standard.mode not in study.study.modes:
        faults.append(
            Fault(
                "E-STANDARD-MODE",
                file=path.name,
                value=standard.mode,
                facts={"key": standard.key, "modes": "、".join(study.study.modes)},
            )
        )
    faults += _too_fine(standard, path)
    if standard.minutes > study.study.horizon_minutes:
        faults.append(
            Fault(
                "E-STANDARD-HORIZON",
                file=path.name,
                value=f"{standard.minutes:g}",
                facts={"horizon": study.study.horizon_minutes, "key": standard.key},
            )
        )
    return faults


def _speed_faults(study: Study, path: Path) -> list[Fault]:
    """Tell which speeds no such mode has."""
    said = [(mode, *pair) for mode, speeds in study.speeds.items() for pair in speeds.items()]
    return [
        Fault(
            "E-STUDY-VALUE",
            file=path.name,
            column=f"speeds.{mode}.{name}",
            value=f"{kmh:g}",
            facts=facts,
        )
        for mode, name, kmh in said
        if (facts := wrong_speed(mode, kmh))
    ]


def _pace_faults(study: Study, path: Path) -> list[Fault]:
    """Refuse a second pace of a group in a mode: one of the two would count for nothing."""
    said = [(rules.group, rules.mode) for rules in study.paces]
    facts = {"zh": "同一人群、同一方式只能写一次", "en": "give each group and mode once"}
    return [
        Fault("E-STUDY-VALUE", file=path.name, column="paces", value=f"{group} {mode}", facts=facts)
        for group, mode in sorted({each for each in said if said.count(each) > 1})
    ]


def _check_standards(study: Study, path: Path) -> None:
    """Check what the model cannot: types are known, keys, thresholds and speeds make sense."""
    faults = _thresholds(study, path)
    names = {standard.key: standard.name for standard in study.standards}
    for said in ([standard.key for standard in study.standards], [*names.values()]):
        for twice in sorted({each for each in said if said.count(each) > 1}):
            faults.append(Fault("E-STANDARD-TWICE", file=path.name, value=twice))
    for standard in study.standards:
        faults += _standard_faults(study, standard, path)
    if study.demand.kind is None and study.demand.is_raster:
        faults.append(Fault("E-STUDY-MISSING", file=path.name, value="demand.kind"))
    if study.map.tiles == "tianditu" and not study.map.key:
        faults.append(Fault("E-STUDY-MISSING", file=path.name, value="map.key"))
    faults += [*_speed_faults(study, path), *_pace_faults(study, path)]
    if faults:
        raise StudyError(*faults)
