"""
Scenarios against recomputing from scratch: `python benchmarks/whatif.py [--quick]`.

The answers are compared before the times are: a column opened or closed, a bridge shut, a new site,
on the illustrative district and on a made table of 20,000 places and 500 venues. Milliseconds are
of CPU time, medians.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import shapely
import whatif_town
from county import along, ticks_by_road
from geopandas import GeoDataFrame

from kepu.atlas_measures import ACCESS
from kepu.coverage.scenario import Tally
from kepu.coverage.scenario_times import Roadside
from kepu.coverage.share import Standard, admitted, standard_coverage
from kepu.coverage.times import Times
from kepu.geo.profile import Profile
from kepu.geo.routing import UNREACHED
from kepu.geo.snap import Doors, Snaps
from kepu.inputs import read_layers
from kepu.maps.pack import packed
from kepu.maps.whatif import Reached, Spots, whatif_part
from kepu.scenario_keys import Scenario
from kepu.scenario_options import from_options
from kepu.scenarios import Outcome, apply
from kepu.study import Survey, measure_times, survey, times_for
from kepu.study_file import read_study
from kepu.study_keys import Study

STUDY = Path(__file__).parents[1] / "data" / "boundaries" / "study.toml"
SCRATCH = "recomputing from scratch"
PLACES, VENUES, SITES = 20_000, 500, 300
TOWNS = 10
NEW = "room.community@113.05,23.68"


def milliseconds(work: Callable[[], Any], rounds: int) -> float:
    """Return the median CPU time of some rounds after one to warm up."""
    work()
    spent = []
    for _ in range(rounds):
        begin = time.process_time()
        work()
        spent.append(time.process_time() - begin)
    return 1000 * statistics.median(spent)


def row(work: str, key: str, graph: str, ours: float, theirs: float) -> dict[str, Any]:
    return {
        "work": work, "key": key, "graph": graph, "ours_ms": round(ours, 3), "peer": SCRATCH,
        "peer_ms": round(theirs, 3), "ratio": round(theirs / ours, 1) if ours else None,
    }  # fmt: skip


def made(seed: int = 5) -> tuple[Times, GeoDataFrame, GeoDataFrame, pd.Index]:
    """Make 20,000 places and 500 venues in a square of 60 km, 30 km/h as the crow flies."""
    rng = np.random.default_rng(seed)
    places, venues = rng.uniform(0, 60, (PLACES, 2)), rng.uniform(0, 60, (VENUES, 2))
    km = np.hypot(*(places[:, None] - venues).transpose(2, 0, 1))
    ticks = np.rint(km * 1.3 / 30 * 60 * 600).astype(np.uint32)
    ticks[ticks > 72_000] = UNREACHED
    index = pd.Index([f"p{i}" for i in range(PLACES)])
    names = pd.Index([f"V{i:03d}" for i in range(VENUES)])
    point = [shapely.Point(0, 0)]
    towns = pd.Index([f"t{i}" for i in range(TOWNS)])
    demand = GeoDataFrame(
        {"people": rng.integers(0, 500, PLACES), "rural": rng.random(PLACES) < 0.6,
         "town": towns[rng.integers(0, TOWNS, PLACES)]},
        index=index, geometry=point * PLACES, crs=4547,
    )  # fmt: skip
    layer = GeoDataFrame(
        {"type": "room", "status": np.where(np.arange(VENUES) % 5, "open", "candidate")},
        index=names, geometry=point * VENUES, crs=4547,
    )  # fmt: skip
    doors = [_doors(PLACES), _doors(VENUES)]
    return Times("car", index, names, ticks, 72_000, *doors), layer, demand, towns


def _doors(count: int) -> Doors:
    none = np.zeros((count, 2), np.int64)
    snaps = Snaps(np.zeros(count, np.int64), np.zeros(count), np.zeros(count), none[:, 0] > 0)
    return Doors(snaps, none, none, none > 0, np.zeros(count))


def on_the_table(rounds: int) -> list[dict[str, Any]]:
    """Venues opened and closed on the made table, the coverage answer of one standard."""
    times, venues, demand, towns = made()
    graph = f"synthetic {PLACES} places x {VENUES} venues"
    standard = Standard("s", "s", ("room",), "car", 15.0, 0.9)
    among, _ = admitted(venues, standard)
    frame = GeoDataFrame({"name": towns}, index=towns, geometry=[None] * len(towns), crs=4547)
    tally = Tally.of(standard, times, among, demand, towns)
    nearest_of_most = int(np.bincount(tally.venue[tally.venue >= 0]).argmax())
    works = {
        "open": (lambda: tally.opened([0]).table(), 0, "open"),
        "close": (
            lambda: tally.closed([nearest_of_most]).table(), nearest_of_most, "closed",
        ),
    }  # fmt: skip
    said = {"open": "a venue of the table opened", "close": "the most used venue closed"}
    rows = []
    columns = ["people", "covered", "not_connected", "share"]
    for name, (work, number, status) in works.items():
        after = venues.copy()
        after.iloc[number, after.columns.get_loc("status")] = status

        def scratch(after: GeoDataFrame = after) -> pd.DataFrame:
            return standard_coverage(standard, times, after, demand, frame)[columns]

        pd.testing.assert_frame_equal(work(), scratch())
        spent = (milliseconds(work, rounds), milliseconds(scratch, rounds))
        rows.append(row(said[name], f"whatif {name}", graph, *spent))
    column = np.ascontiguousarray(times.ticks[:, 0])

    def whole() -> Tally:
        return Tally.of(standard, times, among, demand, towns)

    site = milliseconds(lambda: tally.with_site(column, "N").table(), rounds)
    again = milliseconds(whole, rounds)
    rows.append(row("a site whose times are known", "whatif site", graph, site, again))
    return rows


def shares(study: Study, measured: Survey) -> pd.DataFrame:
    """Count how far every standard is met."""
    tables = [
        standard_coverage(s, times_for(measured, s), measured.venues, measured.demand,
                          measured.towns)
        for s in study.wanted
    ]  # fmt: skip
    return pd.concat(tables, ignore_index=True)


def from_scratch(found: Outcome) -> pd.DataFrame:
    """Measure and count all of an edited study anew; who is tied to a road stays tied there."""
    study, measured = found.study, found.survey
    if found.works.network is found.works.standing:
        routes = measure_times(study, measured, measured.roads)
        return shares(study, replace(measured, times=routes.times, group_times=routes.group_times))

    def again(profile: Profile, known: Times) -> Times:
        side = Roadside(found.works, profile, barriers=None, direction=study.study.direction)
        ticks = side.table(known.place_doors, known.venue_doors, known.horizon)
        np.testing.assert_array_equal(ticks, known.ticks)
        return replace(known, ticks=ticks)

    times = {mode: again(study.profiles[mode], known) for mode, known in measured.times.items()}
    paced = {key: again(study.paced[key], known) for key, known in measured.group_times.items()}
    return shares(study, replace(measured, times=times, group_times=paced))


def on_the_district(rounds: int) -> list[dict[str, Any]]:
    """Edits of the illustrative district, all modes, the coverage of all standards."""
    asked = read_study(STUDY)  # without the lattice of land, which is measured when it is asked for
    asked = asked.model_copy(update={"study": asked.study.model_copy(update={"land_points": 0})})
    now = survey(asked, read_layers(asked))
    tallies = [
        Tally.of(s, times_for(now, s), admitted(now.venues, s)[0], now.demand, now.towns.index)
        for s in asked.wanted
    ]

    def counted(scenario: Scenario) -> tuple[Outcome, pd.DataFrame]:
        found = apply(asked, now, scenario)
        return found, shares(found.study, found.survey)

    def closed(scenario: Scenario) -> tuple[Outcome, pd.DataFrame]:
        found = apply(asked, now, scenario)
        tables = [t.changed(admitted(found.survey.venues, t.standard)[0]).table() for t in tallies]
        return found, pd.concat(tables, ignore_index=True)

    def added(scenario: Scenario) -> tuple[Outcome, pd.DataFrame]:
        found = apply(asked, now, scenario)
        tables = []
        for tally in tallies:
            if admitted(found.survey.venues, tally.standard)[0][-1]:
                column = times_for(found.survey, tally.standard).ticks[:, -1]
                tables.append(tally.with_site(column, "NEW1").table())
            else:
                tables.append(tally.table())
        return found, pd.concat(tables, ignore_index=True)

    rows = []
    for work, key, option, ours in (
        ("a venue closed, from tallies", "whatif close", ("close", "V001"), closed),
        ("a new venue, from tallies", "whatif add", ("add", NEW), added),
        ("a venue closed, all counted", "whatif close all", ("close", "V001"), counted),
        ("a new venue, all counted", "whatif add all", ("add", NEW), counted),
        ("a bridge closed", "whatif bridge", ("close-road", "北江一桥"), counted),
        ("a street closed", "whatif street", ("close-road", "凤翔街"), counted),
        ("another speed of a class", "whatif speed", ("speed", "car.secondary=30"), counted),
    ):
        scenario = from_options([option], name="x")
        found, told = ours(scenario)
        begin = time.process_time()
        again = from_scratch(found)
        scratch = 1000 * (time.process_time() - begin)
        pd.testing.assert_frame_equal(told, again[list(told)])
        spent = milliseconds(partial(ours, scenario), rounds)
        rows.append(row(work, key, "illustrative district", spent, scratch))
    return rows


def payload() -> list[dict[str, Any]]:
    """Bytes that 300 sites and 20,000 places add to the page, the times of a car by road."""
    rng = np.random.default_rng(5)
    places, sites = (rng.uniform(0, 30_000, (many, 2)) for many in (PLACES, SITES))
    row = along(sites)
    ticks = ticks_by_road(places, sites[row], slower=1, horizon=72_000)
    none = np.empty(0, np.int64)
    spots = Spots([], [], [], [], none, none, none)
    rows = []
    for minutes in (120, 30, 15):
        table = Reached("car", "", row, ticks, minutes * 600, [minutes])
        part = whatif_part(
            [table], along=along(places), venue=np.arange(SITES), spots=spots, names={},
            access=ACCESS,
        )  # fmt: skip
        pairs = int((ticks <= minutes * 600).sum())
        graph = f"synthetic {SITES} sites x {PLACES} places, {pairs} pairs within {minutes} min"
        rows.append(
            {"work": "what scenarios add to the page, kB", "key": "page whatif", "graph": graph,
             "ours_ms": round(len(packed("kepu-whatif", part.block)) / 1000), "peer": "",
             "peer_ms": None, "ratio": None}
        )  # fmt: skip
    return rows


def measure(quick: bool = False) -> list[dict[str, Any]]:
    """Return the rows of the table."""
    rounds = 3 if quick else 15
    roads = whatif_town.measure(quick)
    return [*on_the_table(rounds), *on_the_district(1 if quick else 5), *roads, *payload()]


if __name__ == "__main__":
    for line in measure("--quick" in sys.argv):
        print(json.dumps(line, ensure_ascii=False))
