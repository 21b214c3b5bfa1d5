"""The study file: what it may say, and what is wrong with it when it says something else."""

from __future__ import annotations

import datetime
import difflib
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from .coverage.share import Standard
from .geo.errors import Fault, StudyError
from .geo.profile import MODES, Profile, default_profiles, with_speeds
from .layers.venues import venue_types

Mode = Literal["walk", "ebike", "car"]


SPEEDS_KMH = {"walk": (1, 8), "ebike": (3, 40), "car": (3, 130)}
"""Speeds outside these are mistakes of unit: m/s for km/h, or the other way round."""
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
    "tuple_type": "须为列表，如 [5, 10]",
    "dict_type": "须为一节",
}
"""What pydantic's kinds of error mean, for those who read Chinese; it says the English itself."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class About(_Strict):
    """What the study is, and what holds for all of it."""

    name: str = Field(min_length=1)
    date: datetime.date
    illustrative: bool = False
    review: str = ""
    direction: Literal["to_venue", "from_venue"] = "to_venue"
    buffer_km: float = Field(default=15, ge=0, le=200)
    horizon_minutes: float = Field(default=120, gt=0, le=600)
    thresholds: tuple[float, ...] = Field(default=(5, 10, 15, 30, 60), strict=False)
    modes: tuple[Mode, ...] = Field(default=("walk", "ebike", "car"), min_length=1, strict=False)


class Source(_Strict):
    """A file, where it comes from, and what its coordinates mean."""

    file: str = Field(min_length=1)
    source: str = ""
    date: datetime.date | None = None


class TownSource(Source):
    """Boundaries of the towns."""

    datum: str | None = None
    year: int | None = Field(default=None, ge=1949, le=2100)
    accept_datum: bool = False


class VenueSource(Source):
    """Table of the venues."""

    datum: str
    sheet: str | None = None
    accept_datum: bool = False


class DemandSource(VenueSource):
    """Table of the places where people live."""

    population: Literal["resident", "registered", "census"]
    year: int = Field(ge=1949, le=2100)


class RoadSource(Source):
    """Road network."""

    ferries: bool = False
    sha256: str | None = Field(default=None, pattern="^[0-9a-fA-F]{64}$")


class ModeRules(_Strict):
    """What a study changes in `data/modes.csv`."""

    access_kmh: float | None = Field(default=None, ge=1, le=8)
    detour: float | None = Field(default=None, ge=0, le=3)
    snap_metres: float | None = Field(default=None, ge=0, le=20000)
    arrival_seconds: float | None = Field(default=None, ge=0, le=3600)


class StandardRules(_Strict):
    """Who should reach what within how long; see `coverage.share.Standard`."""

    key: str = Field(pattern=r"^[A-Za-z0-9_.-]{1,40}$")
    name: str = Field(min_length=1)
    types: tuple[str, ...] = Field(min_length=1, strict=False)
    mode: Mode
    minutes: float = Field(gt=0, le=600)
    goal: float = Field(gt=0, le=1)
    group: Literal["people", "youth", "farmers", "workers", "elderly", "officials"] = "people"
    area: Literal["all", "urban", "rural"] = "all"
    basis: str = ""


class Study(_Strict):
    """
    A study file (TOML) as it stands; paths are relative to it.

    Unknown keys are errors that name the nearest right one.
    """

    study: About
    towns: TownSource
    venues: VenueSource
    demand: DemandSource
    roads: RoadSource
    modes: dict[Mode, ModeRules] = Field(default_factory=dict)
    speeds: dict[Mode, dict[str, float]] = Field(default_factory=dict)
    standards: tuple[StandardRules, ...] = Field(min_length=1, strict=False)
    folder: Path = Field(default=Path(), exclude=True)
    path: Path = Field(default=Path(), exclude=True)

    @property
    def profiles(self) -> dict[str, Profile]:
        """The modes with the study's changes."""
        profiles = {}
        for mode, profile in default_profiles().items():
            rules = self.modes.get(mode, ModeRules()).model_dump(exclude_none=True)  # type: ignore[call-overload]
            speeds = self.speeds.get(mode, {})  # type: ignore[call-overload]
            profiles[mode] = with_speeds(replace(profile, **rules), speeds)
        return profiles

    @property
    def wanted(self) -> tuple[Standard, ...]:
        """The standards, for the analysis."""
        return tuple(Standard(**rules.model_dump()) for rules in self.standards)


def read_study(path: Path) -> Study:
    """
    Read a study file.

    Raises
    ------
    StudyError
        No such file, no TOML, unknown keys, wrong values, unknown types of venue; all at once.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
        content = tomllib.loads(text)
    except FileNotFoundError as error:
        raise StudyError(Fault("E-FILE-MISSING", file=str(path))) from error
    except IsADirectoryError as error:
        raise StudyError(Fault("E-STUDY-FOLDER", file=str(path))) from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise StudyError(Fault("E-STUDY-TOML", file=path.name, facts={"error": error})) from error
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
    return study


def _fault(path: Path, text: str, error: Any) -> Fault:
    """Turn one of pydantic's errors into a fault with its line in the file."""
    where = ".".join(str(part) for part in error["loc"])
    key = str(error["loc"][-1]) if error["loc"] else ""
    line = next(
        (
            n
            for n, content in enumerate(text.splitlines(), 1)
            if content.strip().strip("[]").partition("=")[0].strip() == key
        ),
        None,
    )
    if error["type"] == "extra_forbidden":
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
    said = VALUE_TEXTS.get(error["type"], "{msg}")
    chinese = said.format_map({"msg": error["msg"], **error.get("ctx", {})})
    return Fault(
        "E-STUDY-VALUE",
        file=path.name,
        row=line,
        column=where,
        value=str(error["input"]),
        facts={"zh": chinese, "en": error["msg"]},
    )


def _keys_at(location: tuple[Any, ...]) -> list[str]:
    """Return the keys that may stand at a place of the study file."""
    model: Any = Study
    for part in location:
        if isinstance(part, int) or part in MODES:
            continue
        model = {
            "study": About,
            "towns": TownSource,
            "venues": VenueSource,
            "demand": DemandSource,
            "roads": RoadSource,
            "modes": ModeRules,
            "standards": StandardRules,
        }.get(part, model)
    return [name for name in model.model_fields if name not in ("folder", "path")]


def _too_fine(standard: StandardRules, path: Path) -> list[Fault]:
    """Refuse goals and limits finer than what is printed: print would say met when they are not."""
    found = []
    for key, value, steps, zh, en in (
        (
            "minutes",
            standard.minutes,
            10,
            "须为 0.1 分钟的整数倍",
            "give tenths of a minute at most",
        ),
        ("goal", standard.goal, 1000, "须为 0.001 的整数倍", "give thousandths at most"),
    ):
        if abs(value * steps - round(value * steps)) > 1e-6:
            column = f"standards.{standard.key}.{key}"
            facts = {"zh": zh, "en": en}
            found.append(
                Fault(
                    "E-STUDY-VALUE", file=path.name, column=column, value=f"{value:g}", facts=facts
                )
            )
    return found


def _check_standards(study: Study, path: Path) -> None:
    """Check what the model cannot: types are known, keys and thresholds make sense."""
    known = venue_types()
    faults = []
    keys = [standard.key for standard in study.standards]
    for key in sorted({key for key in keys if keys.count(key) > 1}):
        faults.append(Fault("E-STANDARD-TWICE", file=path.name, value=key))
    for standard in study.standards:
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
    for mode, speeds in study.speeds.items():
        low, high = SPEEDS_KMH[mode]
        faults += [
            Fault(
                "E-STUDY-VALUE",
                file=path.name,
                column=f"speeds.{mode}.{name}",
                value=f"{kmh:g}",
                facts={
                    "zh": f"该方式的速度须在 {low}–{high} km/h 之间",
                    "en": f"a speed of this mode lies between {low} and {high} km/h",
                },
            )
            for name, kmh in speeds.items()
            if not low <= kmh <= high
        ]
    if faults:
        raise StudyError(*faults)
