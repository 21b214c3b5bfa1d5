"""How sure a coverage is: bands by plain loops, and points that are truly moved."""

from __future__ import annotations

from dataclasses import replace

import geopandas
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from kepu.coverage.bands import bands_table, moves, rivals, spread_of, stretched
from kepu.coverage.question import Question
from kepu.coverage.share import Standard, area_mask, nearest, standard_coverage
from kepu.coverage.surveys import surveys_table
from kepu.coverage.times import Times, threshold_ticks, travel_times, within
from kepu.geo.routing import UNREACHED

from .given_doors import doors

TOWNS = geopandas.GeoDataFrame(
    {"name": ["东城街道", "源潭镇"]}, index=["t0", "t1"], geometry=[shapely.Point(0, 0)] * 2,
    crs=4547,
)  # fmt: skip
METRES = {"A": 0.0, "C": 150.0, "": 500.0}


@st.composite
def questions(draw: st.DrawFn):
    count, width = draw(st.integers(1, 6)), draw(st.integers(0, 5))

    def drawn(items: st.SearchStrategy, size: int) -> list:
        return draw(st.lists(items, min_size=size, max_size=size))

    def points(prefix: str, size: int, **columns: list) -> geopandas.GeoDataFrame:
        spots = [shapely.Point(*drawn(st.integers(0, 4000), 2)) for _ in range(size)]
        names = [f"{prefix}{i}" for i in range(size)]
        columns |= {"name": names, "precision": drawn(st.sampled_from(["A", "C", ""]), size)}
        return geopandas.GeoDataFrame(columns, index=names, geometry=spots, crs=4547)

    tick = st.one_of(
        st.integers(0, 20_000), st.sampled_from([8999, 9000, 9001]), st.just(UNREACHED)
    )
    demand = points("p", count, people=drawn(st.integers(0, 900), count),
                    town=drawn(st.sampled_from(["t0", "t1"]), count),
                    rural=drawn(st.booleans(), count))  # fmt: skip
    venues = points("v", width, type=["room"] * width,
                    status=drawn(st.sampled_from(["open", "open", "planned"]), width))  # fmt: skip
    ticks = np.array([drawn(tick, width) for _ in range(count)], np.uint32).reshape(count, width)
    times = Times("walk", demand.index, venues.index, ticks, 36_000, doors(count), doors(width))
    standard = Standard("s", "标准", ("room",), "walk", 15.0, draw(st.sampled_from([0.5, 0.9])),
                        count=draw(st.sampled_from([1, 1, 2])))  # fmt: skip
    return Question(standard, times, 60.0, draw(st.sampled_from([0.0, 3.0]))), venues, demand


def table(ask, venues, demand, **changes):
    options = {"metres": METRES, "seed": 1, "draws": 20, **changes}
    return bands_table([ask], venues, demand, TOWNS, **options)


@pytest.mark.parametrize(("horizon", "high", "verdict"), [(36_000, 0.0, "not_met"),
                                                          (9000, 1.0, "unsure")])  # fmt: skip
def test_who_is_beyond_a_short_horizon_may_be_just_beyond_it(horizon, high, verdict):
    """With a horizon of 15 minutes nobody knows that the village is not 16 minutes away."""
    demand = geopandas.GeoDataFrame(
        {"name": ["村"], "precision": "A", "people": 5, "town": "t0", "rural": True}, index=["p"],
        geometry=[shapely.Point(0, 0)], crs=4547,
    )  # fmt: skip
    venues = geopandas.GeoDataFrame(
        {"name": ["馆"], "precision": "A", "type": "room", "status": "open"}, index=["v"],
        geometry=[shapely.Point(900, 0)], crs=4547,
    )  # fmt: skip
    ticks = np.full((1, 1), UNREACHED, np.uint32)
    times = Times("walk", demand.index, venues.index, ticks, horizon, doors(1), doors(1))
    ask = Question(Standard("s", "标准", ("room",), "walk", 15.0, 0.9), times, 60.0, 0.0)
    row = table(ask, venues, demand).iloc[0]
    assert tuple(row[["share", "speed_low", "speed_high", "verdict"]]) == (0.0, 0.0, high, verdict)
    metres = {"A": 500.0, "": 500.0}
    assert len(surveys_table([ask], venues, demand, metres=metres)) == (2 if high else 0)


def spots(layer) -> list[complex]:
    """Points as numbers of a plane."""
    return [complex(x, y) for x, y in shapely.get_coordinates(layer.geometry).tolist()]


@given(questions())
def test_bands_hold_the_share_and_follow_plain_loops(drawn):
    ask, venues, demand = drawn
    found = table(*drawn)
    today = standard_coverage(ask.standard, ask.times, venues, demand, TOWNS)
    pd.testing.assert_series_equal(found["share"], today["share"])
    known = found.dropna(subset=["share"])
    for low, high in (("point_low", "point_high"), ("speed_low", "speed_high")):
        assert (known[low] <= known["share"]).all()
        assert (known["share"] <= known[high]).all()
    assert (found["verdict"] == "unknown").tolist() == found["share"].isna().tolist()
    row = found.iloc[0]
    people = demand["people"].to_numpy()
    if not people.sum():
        return
    used = (venues["status"] == "open").to_numpy()
    for factor, name in ((0.75, "speed_low"), (1.25, "speed_high")):
        covered = 0
        for place, crowd in enumerate(people.tolist()):
            own = [int(t) for t in ask.times.ticks[place, used] if t != UNREACHED]
            fixed = ask.fixed_minutes * 600
            slower = [fixed + (t - fixed) / factor for t in own]
            covered += crowd * (sum(t <= 9000 + 1e-6 for t in slower) >= ask.standard.count)
        assert row[name] == pytest.approx(covered / people.sum())
    home = moves(demand.index, spread_of(demand, METRES), seed=1, draws=20)
    goal = moves(venues.index, spread_of(venues, METRES), seed=1, draws=20)
    here, there, ticks = spots(demand), spots(venues), ask.times.ticks.tolist()
    shares = []
    for draw in range(20):
        covered = 0
        for place, crowd in enumerate(people.tolist()):
            near = 0
            for venue in np.flatnonzero(used).tolist():
                before = abs(here[place] - there[venue])
                moved = here[place] + complex(*home[draw, place])
                goes = there[venue] + complex(*goal[draw, venue])
                tick = ticks[place][venue]
                later = tick + (abs(moved - goes) - before) / ask.metres_a_minute * 600
                near += tick != UNREACHED and later <= 9000 + 1e-6
            covered += crowd * (near >= ask.standard.count)
        shares.append(covered / people.sum())
    low, high = np.quantile(shares, (0.05, 0.95))
    assert row["point_low"] == pytest.approx(min(low, row["share"]))
    assert row["point_high"] == pytest.approx(max(high, row["share"]))


@given(questions())
def test_what_hangs_on_a_point_follows_plain_loops(drawn):
    ask, venues, demand = drawn
    table = surveys_table([ask], venues, demand, metres=METRES).set_index("id")
    assert (table["people"] == table["total"]).all()
    found, jointly = table["people"], table["jointly"]
    used = np.flatnonzero(venues["status"] == "open").tolist()
    here, there, ticks = spots(demand), spots(venues), ask.times.ticks.tolist()
    pace, count = 600 / ask.metres_a_minute, ask.standard.count
    homes = [METRES[grade] for grade in demand["precision"]]
    goals = [METRES[grade] for grade in venues["precision"]]

    def covered(place: int, sign: int, metres: dict[int, float]) -> bool:
        near = 0
        for venue in used:
            tick, far = ticks[place][venue], abs(here[place] - there[venue])
            moved = metres.get(venue, 0.0)
            shift = moved if sign > 0 else -min(moved, far)
            near += tick != UNREACHED and tick + sign * int(abs(shift) * pace + 1e-9) <= 9000
        return near >= count

    def hangs(place: int, metres: dict[int, float]) -> bool:
        return [covered(place, sign, metres) for sign in (-1, 1)] == [True, False]

    pairs = dict.fromkeys([*demand.index, *venues.index], 0)
    for place, crowd in enumerate(demand["people"].tolist()):
        alone = hangs(place, dict.fromkeys(used, homes[place]))
        assert found.get(f"p{place}", 0) == (crowd if alone else 0)
        both = [
            venue for venue in used
            if not alone and not hangs(place, {venue: goals[venue]})
            and hangs(place, {venue: homes[place] + goals[venue]})
        ]  # fmt: skip
        pairs[f"p{place}"] += crowd if both else 0
        for venue in both:
            pairs[f"v{venue}"] += crowd
    for venue in range(len(venues)):
        hanging = sum(
            crowd for place, crowd in enumerate(demand["people"].tolist())
            if hangs(place, {venue: goals[venue]})
        ) if venue in used else 0  # fmt: skip
        assert found.get(f"v{venue}", 0) == hanging
    assert {name: count for name, count in pairs.items() if count} == (
        jointly[jointly > 0].to_dict()
    )


@given(questions())
def test_points_that_are_known_have_no_band(drawn):
    found = table(*drawn, metres=dict.fromkeys(METRES, 0.0)).dropna()
    assert (found["point_low"] == found["share"]).all()
    assert (found["point_high"] == found["share"]).all()


def test_the_order_of_rows_does_not_matter():
    names = pd.Index(["a", "b", "c"])
    one = moves(names, np.array([5.0, 9.0, 0.0]), seed=3, draws=40)
    other = moves(names[::-1], np.array([0.0, 9.0, 5.0]), seed=3, draws=40)
    assert np.array_equal(one, other[:, ::-1])
    assert (np.hypot(one[..., 0], one[..., 1]).max(axis=0) <= [5, 9, 0]).all()
    assert not np.array_equal(one, moves(names, np.array([5.0, 9.0, 0.0]), seed=4, draws=40))


def test_moves_are_even_over_the_circle():
    far = np.hypot(*moves(pd.Index(["x"]), np.array([100.0]), seed=1, draws=20_000)[:, 0].T)
    assert abs((far <= 50).mean() - 0.25) < 0.02


@pytest.mark.parametrize(
    ("factor", "fixed", "limit"),
    [(1.0, 3.0, 30.0), (0.75, 0.0, 22.5), (0.75, 3.0, 23.25), (1.25, 3.0, 36.75), (0.5, 60.0, 45)],
)
def test_a_limit_is_stretched_but_for_parking(factor, fixed, limit):
    assert stretched(30.0, factor, fixed) == limit


def as_near(moved: Times, before: Times) -> Times:
    """The times of moved points, had they stayed as near to their roads as they were."""
    walks = [
        np.rint((new.walk - np.where(old.snaps.connected, old.walk, new.walk)) / 100)
        for new, old in ((moved.place_doors, before.place_doors),
                         (moved.venue_doors, before.venue_doors))
    ]  # fmt: skip
    ticks = moved.ticks - walks[0][:, None] - walks[1][None, :]
    reached = (moved.ticks != UNREACHED) & (before.ticks != UNREACHED)
    return replace(
        moved, ticks=np.where(reached, np.maximum(ticks, 0), UNREACHED).astype(np.uint32)
    )


@pytest.mark.slow
def test_moved_points_agree_with_points_that_are_routed_again(study, measured):
    """First order against the truth, for moves along which the walk to the road stays as it is."""
    from kepu.assessment import assess

    found = assess(study, measured)
    metres = {"A": 10.0, "B": 50.0, "C": 150.0, "D": 500.0, "E": 2000.0, "": 500.0}
    for ask in found.questions:
        if ask.standard.key not in ("room", "rural", "base"):
            continue
        home = moves(measured.demand.index, spread_of(measured.demand, metres), seed=7, draws=20)
        goal = moves(measured.venues.index, spread_of(measured.venues, metres), seed=7, draws=20)
        people = measured.demand[ask.standard.group].to_numpy()
        people = people * area_mask(measured.demand, ask.standard.area)
        shares = []
        for at_home, at_goal in zip(home, goal, strict=True):
            layers = [
                layer.set_geometry(
                    geopandas.points_from_xy(*(shapely.get_coordinates(layer.geometry) + by).T),
                    crs=layer.crs,
                )
                for layer, by in ((measured.demand, at_home), (measured.venues, at_goal))
            ]
            times = travel_times(
                measured.roads.network, study.profile_of(ask.standard), *layers,
                horizon_minutes=60, barriers=measured.roads.barriers,
            )  # fmt: skip
            ticks = nearest(as_near(times, ask.times), measured.venues, ask.standard.types).ticks
            shares.append(people @ within(ticks, ask.standard.minutes) / people.sum())
        own = bands_table(
            [ask], measured.venues, measured.demand, measured.towns,
            metres=metres, seed=7, draws=20,
        ).iloc[0]  # fmt: skip
        low, high = np.quantile(shares, (0.05, 0.95))
        assert abs(own["point_low"] - min(low, own["share"])) < 0.03
        assert abs(own["point_high"] - max(high, own["share"])) < 0.03


@given(questions())
def test_rivals_hold_the_nearest(drawn):
    ask, venues, _ = drawn
    chosen, ticks = rivals(ask, venues)
    best = nearest(ask.times, venues, ("room",)).ticks
    if chosen.shape[1]:
        assert (ticks[:, 0] == best).all()
    else:
        assert (best == UNREACHED).all()
    assert threshold_ticks(ask.standard.minutes) == 9000
