"""
Small towns whose answers are told by hand, from the file through the network to the counts.

The towns are `tests/scenarios/*.txt`. Each is asked as it is drawn, and turned: every way written
from its other end, its tables upside down, its roads from the cache. The answers are the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from kepu.coverage.reach import reach
from kepu.coverage.share import Standard, nearest, standard_coverage
from kepu.coverage.times import Times
from kepu.layers.roads import Roads

FOLDER = Path(__file__).parent / "scenarios"
HORIZON_MINUTES = 120.0

SECONDS = r"(?P<seconds>\d+\.\d) s to (?P<venue>\w+)"
REASON = r"(?P<reason>not_connected|beyond_horizon|no_venue)"
PLACE = re.compile(
    rf"(?P<place>\w+) (?:{SECONDS}|{REASON})(?:, walk (?P<walk>\d+\.\d) min)?"
    r"(?:, prints (?P<prints>\d+\.\d) min)?(?P<crosses>, crosses)?"
)
COUNT = re.compile(
    r"within (?P<minutes>[\d.]+) min(?: in (?P<scope>\w+))?: (?P<covered>\d+) of (?P<people>\d+)"
    r"(?:, (?P<apart>\d+) not connected)?"
)


@dataclass(frozen=True)
class Ask:
    """A question: mode, direction, horizon and types; and the lines that must be true."""

    mode: str
    direction: str
    horizon: float
    types: tuple[str, ...]
    answers: tuple[re.Match[str], ...]


@dataclass(frozen=True)
class Scenario:
    """A town and what is asked of it."""

    name: str
    drawing: str
    asks: tuple[Ask, ...]


def understood(line: str) -> re.Match[str]:
    found = PLACE.fullmatch(line) or COUNT.fullmatch(line)
    assert found, f"not understood: {line}"
    return found


def asked(block: str) -> Ask:
    head, *rest = block.splitlines()
    mode, *options = head.split()
    said = dict(option.split("=") for option in options)
    answers = tuple(understood(line.strip()) for line in rest if line.strip()[:1] not in ("", "#"))
    direction = said.pop("direction", "to_venue")
    horizon = float(said.pop("horizon", HORIZON_MINUTES))
    types = tuple(said.pop("types", "room").split(","))
    assert answers, f"nothing is expected: {head}"
    assert not said, f"not understood: {head}"
    assert direction in ("to_venue", "from_venue"), head
    return Ask(mode, direction, horizon, types, answers)


def scenarios() -> list[Scenario]:
    found = []
    for path in sorted(FOLDER.glob("*.txt")):
        for block in re.split(r"^== ", path.read_text("utf-8"), flags=re.MULTILINE)[1:]:
            name, _, body = block.partition("\n")
            drawing, *asks = re.split(r"^ask ", body, flags=re.MULTILINE)
            found.append(Scenario(f"{path.stem}: {name}", drawing, tuple(map(asked, asks))))
    return found


SCENARIOS = scenarios()


def test_scenarios_are_many_and_told_by_hand() -> None:
    assert len({scenario.name for scenario in SCENARIOS}) == len(SCENARIOS) >= 60
    for scenario in SCENARIOS:
        assert scenario.asks, scenario.name
        assert re.search(r"^#.*\d", scenario.drawing, re.MULTILINE), f"no sum: {scenario.name}"


@pytest.mark.parametrize("is_turned", [False, True], ids=["drawn", "turned"])
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_scenario(
    scenario: Scenario, is_turned: bool, town: Callable[..., Any], tmp_path: Path
) -> None:
    place = town(scenario.drawing, mirrored=is_turned, shuffled=is_turned)
    cache = tmp_path / "cache" if is_turned else None
    roads: Roads = place.roads(cache)
    if is_turned:
        assert not roads.cached
        roads = place.roads(cache)
        assert roads.cached
    for ask in scenario.asks:
        times = place.times(roads, ask.mode, ask.direction, ask.horizon)
        table = answers(ask, times, place)
        for answer in ask.answers:
            if answer.re is PLACE:
                check_place(answer, ask, table)
            else:
                check_count(answer, ask, times, place)


def answers(ask: Ask, times: Times, place: Any) -> pd.DataFrame:
    """Everything that is said of each place, by its name."""
    found = nearest(times, place.venue_layer, ask.types)
    standard = Standard("", "", ask.types, ask.mode, ask.horizon, 1.0)
    table = reach(standard, times, place.venue_layer, place.demand).set_index("place")
    assert (table["reason"] == found.reason).all()
    return table.assign(ticks=found.ticks, crosses=times.place_doors.snaps.crosses)


def check_place(answer: re.Match[str], ask: Ask, table: pd.DataFrame) -> None:
    found = table.loc[answer["place"]]
    said = f"{ask.mode} {ask.direction}: {answer[0]}; found {found.to_dict()}"
    assert found["reason"] == (answer["reason"] or ""), said
    assert found["crosses"] == bool(answer["crosses"]), said
    if answer["seconds"]:
        assert found["ticks"] == round(float(answer["seconds"]) * 10), said
        assert found["venue"] == answer["venue"], said
    else:
        assert pd.isna(found["minutes"]), said
        assert pd.isna(found["venue"]), said
    if answer["walk"]:
        assert found["walk_minutes"] == float(answer["walk"]), said
    if answer["prints"]:
        assert found["minutes"] == float(answer["prints"]), said


def check_count(answer: re.Match[str], ask: Ask, times: Times, place: Any) -> None:
    standard = Standard("", "", ask.types, ask.mode, float(answer["minutes"]), 0.5)
    table = standard_coverage(standard, times, place.venue_layer, place.demand, place.outlines)
    name = answer["scope"] or "district"
    found = table[(table["scope"] == name) | (table["code"] == name)].iloc[0]
    people, covered = int(answer["people"]), int(answer["covered"])
    said = f"{ask.mode} {ask.direction}: {answer[0]}; found {found.to_dict()}"
    counted = (found["covered"], found["people"], found["not_connected"])
    assert counted == (covered, people, int(answer["apart"] or 0)), said
    if people:
        assert found["share"] == covered / people, said
        assert found["met"] == (covered / people >= 0.5), said
    else:
        assert pd.isna(found["share"]), said
        assert pd.isna(found["met"]), said
