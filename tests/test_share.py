"""Who is covered: a grid town with answers told by hand, and sums that must balance exactly."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import replace

import geopandas
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from pyproj import CRS

from kepu.coverage.overview import coverage_table
from kepu.coverage.reach import reach
from kepu.coverage.share import (
    GROUPS,
    Nearest,
    Standard,
    area_mask,
    count_people,
    nearest,
    scopes,
    serving,
    standard_coverage,
)
from kepu.coverage.times import Times, minutes_up, threshold_ticks, travel_times, within
from kepu.geo.crs import WGS84, transform
from kepu.geo.errors import CrsError
from kepu.geo.network import Network
from kepu.geo.profile import MODES, default_profiles
from kepu.geo.routing import UNREACHED
from kepu.geo.ways import Ways, build

from .given_doors import doors

METRIC = CRS.from_epsg(4547)
EAST, NORTH = 500_000.0, 2_621_000.0
"""On the central meridian, where a metre of the sheet is a metre of the ground."""
SIDE = 5
BLOCK_MINUTES = 1.5
"""100 m at 4 km/h."""
WALK = default_profiles()["walk"]
CELLS = list(itertools.product(range(SIDE), range(SIDE)))
ANY = ("room",)


def at(column: float, row: float) -> shapely.Point:
    return shapely.Point(EAST + 100 * column, NORTH + 100 * row)


def streets(
    spots: Sequence[tuple[float, float]],
    ways: Sequence[Sequence[int]],
    usable: Sequence[tuple[bool, bool]],
) -> Network:
    """Residential streets over numbered spots of the sheet."""
    points = [at(*spot) for spot in spots]
    lon, lat = transform(
        np.array([point.x for point in points]), np.array([point.y for point in points]),
        METRIC, WGS84,
    )  # fmt: skip
    refs, count = np.array([ref for way in ways for ref in way]), len(ways)
    return build(Ways(
        first=np.cumsum([0, *map(len, ways)]), ref=refs, lon=lon[refs], lat=lat[refs],
        identifier=np.arange(count), classes=["residential"] * count, names=[""] * count,
        factor=np.ones(count), limit_kmh=np.full((count, 2), np.inf),
        open=dict.fromkeys(MODES, np.array(usable)), structure=np.zeros(count, bool),
        barred=dict.fromkeys(MODES, np.zeros(0, np.int64)),
    ))  # fmt: skip


def grid() -> Network:
    """5 x 5 crossings, 100 m apart."""
    rows = [[SIDE * column + row for column in range(SIDE)] for row in range(SIDE)]
    columns = [[SIDE * column + row for row in range(SIDE)] for column in range(SIDE)]
    return streets(CELLS, rows + columns, [(True, True)] * 2 * SIDE)


def demand_at(
    cells: Sequence[tuple[float, float]], people: Sequence[int]
) -> geopandas.GeoDataFrame:
    """A place on each cell; the two western columns are a street district, the rest a town."""
    rural = [column >= 2 for column, _ in cells]
    return geopandas.GeoDataFrame(
        {
            "name": [f"村{column}{row}" for column, row in cells],
            "people": people,
            "town": ["441802103" if far else "441802001" for far in rural],
            "rural": rural,
        },
        index=pd.Index([f"p{column}{row}" for column, row in cells], dtype=object),
        geometry=[at(*cell) for cell in cells],
        crs=METRIC,
    )


def venues_at(
    *cells: tuple[float, float], types: Sequence[str] = (), statuses: Sequence[str] = ()
) -> geopandas.GeoDataFrame:
    return geopandas.GeoDataFrame(
        {
            "name": [f"馆{i}" for i in range(len(cells))],
            "type": list(types) or ["room"] * len(cells),
            "status": list(statuses) or ["open"] * len(cells),
        },
        index=pd.Index([f"v{i}" for i in range(len(cells))], dtype=object),
        geometry=[at(*cell) for cell in cells],
        crs=METRIC,
    )


TOWNS = geopandas.GeoDataFrame(
    {"name": ["城街道", "乡镇"], "kind": ["urban", "rural"]},
    index=["441802001", "441802103"],
    geometry=[shapely.box(EAST - 900, NORTH - 900, EAST + 150, NORTH + 900),
              shapely.box(EAST + 150, NORTH - 900, EAST + 900, NORTH + 900)],
    crs=METRIC,
)  # fmt: skip
POWERS = [2**i for i in range(len(CELLS))]
TOWN = demand_at(CELLS, POWERS)


def walk(venues, demand=TOWN, horizon=60.0, **options) -> Times:
    return travel_times(grid(), WALK, demand, venues, horizon_minutes=horizon, **options)


def named(total: int, demand=TOWN) -> set[str]:
    """The places that a sum of powers of two is made of."""
    return {name for name, people in zip(demand.index, demand["people"], strict=True)
            if total & people}  # fmt: skip


def blocks_away(*venues: tuple[int, int], most: float) -> set[str]:
    return {
        f"p{column}{row}" for column, row in CELLS
        if min(abs(column - x) + abs(row - y) for x, y in venues) <= most
    }  # fmt: skip


class TestGridTown:
    def test_every_time_by_hand(self):
        times = walk(venues_at((0, 0), (4, 2)))
        for (column, row), found in zip(CELLS, times.ticks, strict=True):
            expected = [column + row, 4 - column + abs(row - 2)]
            assert found.tolist() == [round(600 * BLOCK_MINUTES * blocks) for blocks in expected]

    @pytest.mark.parametrize("most", range(9))
    def test_the_sum_names_its_places_and_the_threshold_is_inclusive(self, most):
        venues = venues_at((0, 0), (4, 2))
        found = nearest(walk(venues), venues, ANY)
        everybody = np.ones((1, len(TOWN)), bool)
        people = TOWN["people"].to_numpy()
        for blocks in (most, most + 0.99):
            counted = count_people(found, people, everybody, blocks * BLOCK_MINUTES).iloc[0]
            assert named(int(counted["covered"])) == blocks_away((0, 0), (4, 2), most=most)
            assert counted["people"] == 2**25 - 1

    def test_by_scope(self):
        venues = venues_at((1, 1))
        table = coverage_table(
            {"walk": walk(venues)}, venues, TOWN, TOWNS, kinds=[ANY], thresholds=[3]
        )
        covered = {(row.scope, row.code): named(int(row.covered)) for row in table.itertuples()}
        near = blocks_away((1, 1), most=2)
        west = {name for name in near if name[1] in "01"}
        assert covered == {
            ("district", ""): near, ("urban", ""): west, ("rural", ""): near - west,
            ("town", "441802001"): west, ("town", "441802103"): near - west,
        }  # fmt: skip
        share = dict(zip(table["code"], table["share"], strict=True))["441802001"]
        assert share == table["covered"][3] / sum(POWERS[:10])

    def test_who_is_not_connected_stays_in_the_denominator(self):
        demand = demand_at([(0, 0), (60, 60)], [1, 2])
        venues = venues_at((0, 0))
        standard = Standard("s", "标准", ANY, "walk", 15, 0.5)
        times = walk(venues, demand)
        counted = standard_coverage(standard, times, venues, demand, TOWNS)
        district = counted[counted["scope"] == "district"].iloc[0]
        assert district[["people", "covered", "not_connected"]].tolist() == [3, 1, 2]
        assert district["share"] == pytest.approx(1 / 3)
        assert not district["met"]
        found = reach(standard, times, venues, demand)
        assert found["reason"].tolist() == ["", "not_connected"]
        assert found["minutes"].isna().tolist() == [False, True]

    def test_the_walk_to_the_road_counts_at_both_ends(self):
        """40 m and 20 m off the road, by 1.3 at 4 km/h: 46.8 s and 23.4 s."""
        demand, venues = demand_at([(0.5, -0.4)], [1]), venues_at((3.5, -0.2))
        times = walk(venues, demand)
        assert times.ticks.tolist() == [[468 + 2700 + 234]]
        found = reach(Standard("s", "标准", ANY, "walk", 6, 1.0), times, venues, demand).iloc[0]
        assert found["minutes"] == 5.7
        assert found["walk_minutes"] == 1.2
        assert found["covered"]

    def test_beyond_the_horizon_is_a_reason_and_no_number(self):
        venues = venues_at((0, 0))
        times = walk(venues, horizon=3 * BLOCK_MINUTES)
        found = nearest(times, venues, ANY)
        near = [name in blocks_away((0, 0), most=3) for name in TOWN.index]
        assert (found.ticks != UNREACHED).tolist() == near
        assert found.reason.tolist() == ["" if here else "beyond_horizon" for here in near]
        assert (found.venue >= 0).tolist() == near

    @pytest.mark.parametrize(("types", "covered"), [(ANY, 1), (("hall",), 0)])
    def test_only_those_without_a_road_count_as_not_connected(self, types, covered):
        """1 beside the venue, 2 beyond the horizon, 4 far from any road; then no venue at all."""
        demand, venues = demand_at([(0, 0), (4, 4), (60, 60)], [1, 2, 4]), venues_at((0, 0))
        times = walk(venues, demand, horizon=3 * BLOCK_MINUTES)
        standard = Standard("s", "标准", types, "walk", 3, 0.5)
        counted = standard_coverage(standard, times, venues, demand, TOWNS)
        table = coverage_table(
            {"walk": times}, venues, demand, TOWNS, kinds=[types], thresholds=[3.0]
        )
        for found in (counted, table):
            district = found[found["scope"] == "district"].iloc[0]
            assert district[["people", "covered", "not_connected"]].tolist() == [7, covered, 4]

    def test_the_direction_matters_where_streets_are_one_way(self):
        """Round the block one way: 100 m there, 300 m back, at 20 km/h."""
        car = replace(default_profiles()["car"], arrival_seconds=0.0)
        spots = [(0, 0), (1, 0), (1, 1), (0, 1)]
        network = streets(spots, [[0, 1, 2, 3, 0]], [(True, False)])
        demand, venues = demand_at([(0.5, 0)], [1]), venues_at((1, 0.5))
        there, back = (
            travel_times(network, car, demand, venues, horizon_minutes=60, direction=way)
            for way in ("to_venue", "from_venue")
        )
        assert there.ticks.tolist() == [[180]]
        assert back.ticks.tolist() == [[540]]

    @pytest.mark.parametrize("layer", ["demand", "venues"])
    def test_a_layer_in_degrees_is_refused_by_name(self, layer):
        venues, demand = venues_at((0, 0)), TOWN
        if layer == "demand":
            demand = demand.to_crs(4326)
        else:
            venues = venues.to_crs(4326)
        with pytest.raises(CrsError) as error:
            walk(venues, demand)
        assert error.value.faults[0].code == "E-CRS-METRIC"
        assert layer in str(error.value)

    def test_points_in_another_metric_system_are_the_same(self):
        venues = venues_at((0, 0), (4, 2))
        moved = walk(venues.to_crs(32649), TOWN.to_crs(4548))
        np.testing.assert_array_equal(moved.ticks, walk(venues).ticks)

    @pytest.mark.parametrize("status", ["planned", "closed", "candidate"])
    def test_only_open_venues_of_the_type_count(self, status):
        venues = venues_at((0, 0), (4, 4), (2, 2), types=["room", "room", "station"],
                           statuses=["open", status, "open"])  # fmt: skip
        found = nearest(walk(venues), venues, ANY)
        assert set(found.venue.tolist()) == {0}
        either = nearest(walk(venues), venues, ("room", "station"))
        assert set(either.venue.tolist()) == {0, 2}

    @pytest.mark.parametrize("venues", [venues_at(), venues_at((0, 0), types=["other"])])
    def test_where_there_is_no_venue_nobody_is_covered_and_it_is_said(self, venues):
        times = walk(venues)
        found = nearest(times, venues, ANY)
        assert (found.ticks == UNREACHED).all()
        assert set(found.reason) == {"no_venue"}
        standard = Standard("s", "标准", ANY, "walk", 15, 0.9)
        assert not reach(standard, times, venues, TOWN)["covered"].any()
        counted = standard_coverage(standard, times, venues, TOWN, TOWNS)
        assert counted["covered"].tolist() == [0] * 5
        assert counted["share"].tolist() == [0.0] * 5
        assert not counted["met"].any()

    def test_a_venue_off_every_road_is_no_venue(self):
        venues = venues_at((60, 60))
        assert set(nearest(walk(venues), venues, ANY).reason) == {"no_venue"}

    def test_where_nobody_lives_there_is_no_share(self):
        venues = venues_at((0, 0))
        demand = TOWN.assign(people=np.where(TOWN["rural"], TOWN["people"], 0))
        standard = Standard("s", "标准", ANY, "walk", 15, 0.0)
        counted = standard_coverage(standard, walk(venues), venues, demand, TOWNS)
        counted = counted.set_index(["scope", "code"])
        assert pd.isna(counted.at[("urban", ""), "share"])
        assert pd.isna(counted.at[("urban", ""), "met"])
        assert counted.at[("rural", ""), "met"]
        table = coverage_table(
            {"walk": walk(venues)}, venues, demand, TOWNS, kinds=[ANY], thresholds=[15]
        )
        assert table["share"].isna().tolist() == [False, True, False, True, False]

    def test_a_standard_for_rural_places_leaves_out_the_urban_ones(self):
        venues = venues_at((1, 1))
        standard = Standard("s", "标准", ANY, "walk", 3, 0.5, area="rural")
        counted = standard_coverage(standard, walk(venues), venues, TOWN, TOWNS)
        counted = counted.set_index(["scope", "code"])
        assert counted.at[("district", ""), "people"] == sum(POWERS[10:])
        assert counted.at[("urban", ""), "people"] == 0
        for column in ("people", "covered", "not_connected"):
            assert counted.at[("district", ""), column] == counted.at[("rural", ""), column]


def table_times(
    ticks: Sequence[Sequence[int]], *, places: Iterable[str] | None = None,
    venues: Iterable[str] | None = None, apart: Sequence[int] = (),
) -> Times:  # fmt: skip
    """Times from a table of ticks; the places in `apart` are not connected."""
    array = np.array(ticks, np.uint32)
    count, width = array.shape
    array[list(apart)] = UNREACHED

    return Times(
        "walk",
        pd.Index(list(places) if places else [f"p{i}" for i in range(count)], dtype=object),
        pd.Index(list(venues) if venues else [f"v{i}" for i in range(width)], dtype=object),
        array, 36_000, doors(count, apart=apart), doors(width),
    )  # fmt: skip


def plain_venues(types: Sequence[str], names: Sequence[str] | None = None, **columns):
    size = len(types)
    table = {"name": ["馆"] * size, "type": list(types), "status": ["open"] * size, **columns}
    index = pd.Index(names or [f"v{i}" for i in range(size)], dtype=object)
    return geopandas.GeoDataFrame(table, index=index, geometry=[at(0, 0)] * size, crs=METRIC)


def plain_demand(people: Sequence[int], town: Sequence[int], rural: Sequence[bool]):
    return geopandas.GeoDataFrame(
        {"people": people, "youth": [n // 3 for n in people], "town": [f"t{n}" for n in town],
         "rural": rural},
        index=[f"p{i}" for i in range(len(people))], geometry=[at(0, 0)] * len(people), crs=METRIC,
    )  # fmt: skip


PLAIN_TOWNS = geopandas.GeoDataFrame(
    {"name": ["一", "二", "三"]}, index=["t0", "t1", "t2"], geometry=[at(0, 0)] * 3, crs=METRIC
)
TYPES = ("room", "station", "museum")
SCOPE = ["scope", "code"]


TARGETS = ("", "people", "youth", "elderly", "people;elderly", "farmers;youth")


@st.composite
def districts(draw: st.DrawFn, *, for_groups: bool = False):
    places, width = draw(st.integers(1, 8)), draw(st.integers(0, 4))
    tick = st.one_of(st.integers(0, 20_000), st.just(UNREACHED), st.sampled_from([9000, 9001]))
    ticks = [[draw(tick) for _ in range(width)] for _ in range(places)]
    apart = draw(st.lists(st.integers(0, places - 1), max_size=2, unique=True))
    people = draw(st.lists(st.integers(0, 200_000), min_size=places, max_size=places))
    town = draw(st.lists(st.integers(0, 2), min_size=places, max_size=places))
    rural = draw(st.lists(st.booleans(), min_size=places, max_size=places))
    types = draw(st.lists(st.sampled_from(TYPES), min_size=width, max_size=width))
    times = table_times(np.array(ticks).reshape(places, width), apart=apart)
    venues = plain_venues(types)
    if for_groups:
        whom = st.lists(st.sampled_from(TARGETS), min_size=width, max_size=width)
        venues["targets"] = draw(whom)
    return times, venues, plain_demand(people, town, rural)


THRESHOLDS = [0.1, 5, 15, 15.1, 30, 60]
KINDS = [("room",), ("station",), ("room", "station")]


def is_for(targets: str, group: str) -> bool:
    return not targets or group in targets.split(";") or "people" in targets.split(";")


@given(districts(for_groups=True))
def test_the_table_balances_grows_and_equals_a_count_by_hand(district):
    times, venues, demand = district
    table = coverage_table(
        {"walk": times}, venues, demand, PLAIN_TOWNS, kinds=KINDS, thresholds=THRESHOLDS
    )
    joined, groups = [";".join(kind) for kind in KINDS], ["people", "youth"]
    keys = list(itertools.product(joined, ["walk"], THRESHOLDS, groups, range(6)))
    told = table[["types", "mode", "minutes", "group"]].itertuples(index=False, name=None)
    assert list(told) == [key[:4] for key in keys]
    assert (table["covered"] + table["not_connected"] <= table["people"]).all()
    known = table[table["people"] > 0]
    assert (known["share"].astype(float) == known["covered"] / known["people"]).all()
    assert table.loc[table["people"] == 0, "share"].isna().all()
    shape = len(joined), len(THRESHOLDS), len(groups), 6
    for column in ("people", "covered", "not_connected"):
        district_, urban, rural, *towns = np.moveaxis(
            table[column].to_numpy().reshape(shape), -1, 0
        )
        assert (urban + rural == district_).all()
        assert (sum(towns) == district_).all()
    covered = table["covered"].to_numpy().reshape(shape)
    assert (np.diff(covered, axis=1) >= 0).all()
    room, station, either = covered
    assert (either >= np.maximum(room, station)).all()
    assert (either <= room + station).all()
    homes, kinds = demand.to_dict("records"), venues["type"].tolist()
    whom = venues["targets"].tolist()
    for row in table.itertuples():
        expected = 0
        assert row.venues == sum(
            kind in row.types.split(";") and is_for(targets, row.group)
            for kind, targets in zip(kinds, whom, strict=True)
        )
        for home, ticks in zip(homes, times.ticks.tolist(), strict=True):
            inside = {"district": True, "urban": not home["rural"], "rural": home["rural"],
                      "town": home["town"] == row.code}[row.scope]  # fmt: skip
            quick = any(
                tick <= round(row.minutes * 600)
                and kind in row.types.split(";")
                and is_for(targets, row.group)
                for tick, kind, targets in zip(ticks, kinds, whom, strict=True)
            )
            expected += home[row.group] * (inside and quick)
        assert row.covered == expected


@given(
    districts(for_groups=True), st.sampled_from(KINDS), st.sampled_from(THRESHOLDS),
    st.sampled_from(["people", "youth"]),
)  # fmt: skip
def test_the_two_tables_agree(district, kind, minutes, group):
    times, venues, demand = district
    table = coverage_table(
        {"walk": times}, venues, demand, PLAIN_TOWNS, kinds=[kind], thresholds=[minutes]
    )
    standard = Standard("s", "标准", kind, "walk", minutes, 0.5, group=group)
    counted = standard_coverage(standard, times, venues, demand, PLAIN_TOWNS)
    same = table[table["group"] == group].reset_index(drop=True)
    columns = [*SCOPE, "people", "covered", "not_connected", "share", "venues"]
    pd.testing.assert_frame_equal(counted[columns], same[columns])
    found = reach(standard, times, venues, demand)
    assert counted["covered"][0] == demand[group].to_numpy()[found["covered"]].sum()
    assert (found["covered"] <= (found["minutes"].fillna(np.inf) <= minutes)).all()


@given(districts(), st.permutations(range(4)))
def test_of_equally_near_venues_the_lowest_identifier_wins_in_any_order(district, order):
    times, venues, _ = district
    names = ["v10", "v2", "v1", "a"][: len(venues)]
    times = replace(times, ticks=times.ticks // 4000 * 4000, venues=pd.Index(names, dtype=object))
    venues = venues.set_axis(names)
    order = [i for i in order if i < len(names)]
    mixed = replace(times, ticks=times.ticks[:, order], venues=times.venues[order])
    found, other = (nearest(t, v, TYPES) for t, v in ((times, venues), (mixed, venues.iloc[order])))
    np.testing.assert_array_equal(found.ticks, other.ticks)
    for place in range(len(times.places)):
        near = sorted(
            name for name, ticks in zip(names, times.ticks[place], strict=True)
            if ticks == found.ticks[place] != UNREACHED
        )  # fmt: skip
        expected = near[0] if near else None
        for which, columns in ((found, times), (other, mixed)):
            number = which.venue[place]
            assert (columns.venues[number] if number >= 0 else None) == expected


@given(districts(), st.data())
def test_a_venue_that_opens_lengthens_nothing_and_one_that_closes_undoes_it(district, data):
    times, venues, _ = district
    if venues.empty:
        return
    number = data.draw(st.integers(0, len(venues) - 1))
    closed = venues.copy()
    closed.loc[closed.index[number], "status"] = "closed"
    before, after = nearest(times, closed, TYPES), nearest(times, venues, TYPES)
    assert (after.ticks <= before.ticks).all()
    without = [i for i in range(len(venues)) if i != number]
    dropped = replace(
        times, ticks=times.ticks[:, without], venues=times.venues[without],
        venue_doors=table_times(np.zeros((1, len(without)), int)).venue_doors,
    )  # fmt: skip
    np.testing.assert_array_equal(nearest(dropped, venues.iloc[without], TYPES).ticks, before.ticks)


@given(districts(), st.integers(2, 9))
def test_more_people_everywhere_are_covered_to_the_same_share(district, factor):
    times, venues, demand = district
    standard = Standard("s", "标准", TYPES, "walk", 15, 0.5)
    more = demand.assign(people=demand["people"] * factor)
    one, other = (
        standard_coverage(standard, times, venues, layer, PLAIN_TOWNS) for layer in (demand, more)
    )
    pd.testing.assert_series_equal(one["share"], other["share"])
    assert (other["covered"] == factor * one["covered"]).all()


def test_a_printed_time_is_within_a_threshold_exactly_when_the_place_is_covered():
    """Every tick of two hours, every threshold of a tenth of a minute."""
    ticks = np.arange(2 * 36_000 + 700, dtype=np.uint32)
    printed = np.array([float(f"{minutes:.1f}") for minutes in minutes_up(ticks)])
    assert np.isnan(minutes_up([UNREACHED])).all()
    compared = 0
    for tenth in range(1201):
        minutes = float(f"{tenth / 10:.1f}")
        covered = within(ticks, minutes)
        np.testing.assert_array_equal(covered, printed <= minutes)
        assert covered.sum() == 60 * tenth + 1
        compared += len(ticks)
    assert compared > 80_000_000


@given(st.integers(0, 2**31))
def test_printed_minutes_are_never_less_and_less_than_a_tenth_more(tick):
    exact, printed = tick / 600, float(minutes_up([tick])[0])
    assert -1e-9 < printed - exact < 0.1


@pytest.mark.parametrize("minutes", [0.1, 0.7, 1.1, 2.3, 4.35, 15, 15.5, 60, 1e4])
def test_thresholds_are_whole_ticks_whatever_the_float(minutes):
    assert threshold_ticks(minutes) == round(minutes * 600)


def test_who_is_unreached_is_within_no_threshold():
    assert not within(np.array([UNREACHED], np.uint32), 7_000_000).any()


def test_scopes_and_areas():
    demand = plain_demand([1, 2, 3], [0, 1, 1], [False, True, False])
    names, members = scopes(demand, PLAIN_TOWNS)
    assert names["scope"].tolist() == ["district", "urban", "rural", *["town"] * 3]
    assert names["code"].tolist() == ["", "", "", "t0", "t1", "t2"]
    assert (members @ demand["people"].to_numpy()).tolist() == [6, 4, 2, 1, 5, 0]
    assert area_mask(demand, "all").tolist() == [True] * 3
    assert area_mask(demand, "urban").tolist() == [True, False, True]
    assert area_mask(demand, "rural").tolist() == [False, True, False]


def test_counts_of_a_whole_country_are_exact():
    people = np.array([2**40, 1, 2**40], np.int64)
    found = Nearest(np.array([1, 2, UNREACHED], np.uint32), np.array([0, 0, -1]),
                    np.array(["", "", "not_connected"], object))  # fmt: skip
    counted = count_people(found, people, np.ones((1, 3), bool), 15).iloc[0]
    assert counted["people"] == 2**41 + 1
    assert counted["covered"] == 2**40 + 1
    assert counted["not_connected"] == 2**40


class TestWhomVenuesAreFor:
    """A room for pupils next door, one for everybody a quarter of an hour away."""

    def asked(self, targets: list[str], **choices) -> tuple[pd.Series, pd.Series]:
        venues = venues_at((0, 0), (4, 4)).assign(targets=targets)
        demand = demand_at([(0, 0)], [8]).assign(youth=[2], elderly=[3])
        times, standard = walk(venues, demand), Standard("s", "标", ANY, "walk", 5, 0.5, **choices)
        counted = standard_coverage(standard, times, venues, demand, TOWNS).iloc[0]
        return counted, reach(standard, times, venues, demand).iloc[0]

    @pytest.mark.parametrize(
        ("targets", "group", "covered", "venues"),
        [
            (["youth", "people"], "people", 0, 1),
            (["youth", ""], "people", 0, 1),
            (["youth", "people"], "youth", 2, 2),
            (["youth", "people"], "elderly", 0, 1),
            (["youth;elderly", "people"], "elderly", 3, 2),
            (["people;elderly", "people"], "youth", 2, 2),
            (["", ""], "elderly", 3, 2),
            (["youth", "youth"], "people", 0, 0),
        ],
    )
    def test_only_those_for_the_group_count(self, targets, group, covered, venues):
        counted, _ = self.asked(targets, group=group)
        assert counted[["covered", "venues"]].tolist() == [covered, venues]

    def test_who_is_kept_away_is_said(self):
        _, place = self.asked(["youth", "people"])
        assert (place["minutes"], place["choices"]) == (12.0, 0)
        assert (place["held_back"], place["held_venue"]) == ("other_groups", "v0")
        _, place = self.asked(["youth", "people"], group="youth")
        assert (place["minutes"], place["held_back"]) == (0.0, "")
        _, place = self.asked(["youth", "people"], count=2, group="youth")
        assert (place["minutes"], place["held_back"]) == (12.0, "")

    def test_without_the_column_all_are_for_everybody(self):
        venues = venues_at((0, 0))
        assert serving(venues, ANY, "elderly").tolist() == [True]


def test_groups_that_the_demand_lacks_are_left_out():
    times = table_times([[1], [2]])
    demand = plain_demand([5, 7], [0, 1], [True, False])
    table = coverage_table(
        {"walk": times, "car": times}, plain_venues(["room"]), demand, PLAIN_TOWNS,
        kinds=[ANY, TYPES], thresholds=[5],
    )  # fmt: skip
    assert set(table["group"]) == {"people", "youth"} < set(GROUPS)
    assert set(table["mode"]) == {"walk", "car"}
    assert set(table["types"]) == {"room", "room;station;museum"}
