"""What lies within reach: decays, opportunities and floating catchments, against plain loops."""

from __future__ import annotations

import csv
import io
import math
from pathlib import Path

import geopandas
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from kepu.coverage import access
from kepu.coverage import decay as decay_module
from kepu.coverage.access import opportunities, supply
from kepu.coverage.audience import serves
from kepu.coverage.decay import (
    DECAYS,
    LEAST_WEIGHT,
    Exponential,
    Gaussian,
    GaussianWithin,
    Linear,
    Logistic,
    Power,
    Step,
    Stepped,
    luo_qi,
)
from kepu.coverage.floating import balanced, spatial_availability, three_step, two_step
from kepu.geo.errors import StudyError
from kepu.geo.routing import UNREACHED

FIXTURES = Path(__file__).parents[2] / "shared" / "fixtures"
with_fixtures = pytest.mark.skipif(not FIXTURES.is_dir(), reason="the fixtures are not here")
MINUTE = 600
SHORT_UNREACHED = 2**16 - 1


def formula(decay, minutes: float) -> float:
    """The weights of the books, one time at a time."""
    if decay.limit_minutes is not None and minutes > decay.limit_minutes:
        return 0.0
    match decay:
        case Step(minutes=end):
            weight = 1.0 if minutes <= end else 0.0
        case Stepped():
            zones = zip(decay.ends_minutes, decay.zone_weights, strict=True)
            weight = next((w for end, w in zones if minutes <= end), 0.0)
        case Linear(minutes=end):
            weight = 1 - minutes / end if minutes <= end else 0.0
        case Exponential(rate_a_minute=rate):
            weight = math.exp(-rate * minutes)
        case Gaussian(sigma_minutes=sigma):
            weight = math.exp(-(minutes**2) / (2 * sigma**2))
        case GaussianWithin(minutes=end):
            edge = math.exp(-0.5)
            inside = (math.exp(-0.5 * (minutes / end) ** 2) - edge) / (1 - edge)
            weight = inside if minutes <= end else 0.0
        case Power(exponent=exponent, least_minutes=least):
            weight = 1.0 if minutes <= least else (minutes / least) ** -exponent
        case Logistic(inflection_minutes=ip, deviation_minutes=sd):
            slope = math.pi / (sd * math.sqrt(3))
            weight = (1 + math.exp(-ip * slope)) / (1 + math.exp((minutes - ip) * slope))
        case _:
            raise AssertionError(decay)
    return weight if weight >= LEAST_WEIGHT else 0.0


CURVES = [
    Step(15), Step(0.1), Stepped((5, 10, 15), (1, 0.68, 0.22)), luo_qi(30), Linear(30),
    Exponential(0.1), Exponential(0.5, limit_minutes=12), Gaussian(10), GaussianWithin(30),
    Power(1), Power(2.5, 3), Power(1, limit_minutes=61), Logistic(30, 8),
]  # fmt: skip
curves = st.sampled_from(CURVES)


def test_every_decay_is_tried_and_has_a_name():
    assert {type(curve) for curve in CURVES} == set(DECAYS.values())


@given(curves, st.lists(st.integers(0, 65_534), min_size=1, max_size=30))
def test_weights_are_those_of_the_formulas_and_never_rise(decay, times):
    ticks = np.array(sorted(times), np.uint32)
    weights = decay(ticks)
    expected = [formula(decay, tick / MINUTE) for tick in ticks.tolist()]
    np.testing.assert_allclose(weights, expected, rtol=1e-12, atol=1e-15)
    assert (np.diff(weights) <= 0).all()
    assert ((weights >= 0) & (weights <= 1)).all()
    np.testing.assert_array_equal(decay(ticks.astype(np.uint16)), weights)


@pytest.mark.parametrize("decay", CURVES, ids=repr)
def test_at_the_door_all_and_unreached_nothing(decay):
    assert decay(np.array([0], np.uint32)).tolist() == [1.0]
    assert decay(np.array([[UNREACHED]], np.uint32)).tolist() == [[0.0]]
    assert decay(np.array([SHORT_UNREACHED], np.uint16)).tolist() == [0.0]
    assert decay(np.array([SHORT_UNREACHED], np.uint32))[0] == pytest.approx(
        formula(decay, SHORT_UNREACHED / MINUTE), abs=1e-15
    )


@pytest.mark.parametrize("bits", [np.uint16, np.uint32])
def test_what_is_looked_up_is_what_is_reckoned(monkeypatch, bits):
    """To the last bit, on both sides of the end of the table and where nothing is reached."""
    none, end = np.iinfo(bits).max, 120 * MINUTE
    ticks = [0, 1, 5999, 6000, 6001, 9000, 9001, 65_000, end - 1, end, end + 1, 10 * end, none]
    times = np.array([tick for tick in ticks if tick <= none], bits)
    for decay in CURVES:
        reckoned = decay(times)
        with monkeypatch.context() as patch:
            patch.setattr(decay_module, "MANY", 1)
            assert decay(times).tolist() == reckoned.tolist()
            assert decay(times[:-1]).tolist() == reckoned[:-1].tolist()


def test_thresholds_are_inclusive_and_zones_change_after_their_end():
    ticks = np.array([9000, 9001], np.uint32)
    assert Step(15)(ticks).tolist() == [1, 0]
    assert Stepped((15, 20), (1, 0.5))(ticks).tolist() == [1, 0.5]
    assert Exponential(0.001, limit_minutes=15)(ticks)[1] == 0
    assert GaussianWithin(15)(ticks).tolist() == [0, 0]


def test_the_zones_of_luo_and_qi():
    zones = luo_qi(30)
    assert zones.ends_minutes == (10, 20, 30)
    assert zones(np.array([6000, 6001, 12001, 18000, 18001])
                 .astype(np.uint32)).tolist() == [1, 0.68, 0.22, 0.22, 0]  # fmt: skip


def test_published_points_of_the_curves():
    at = {m: np.array([m * MINUTE], np.uint32) for m in (1, 10, 20, 30)}
    assert Gaussian(10)(at[10])[0] == pytest.approx(0.6065306597)
    assert Power(2)(at[10])[0] == pytest.approx(0.01)
    assert Power(2)(at[1])[0] == 1
    assert Logistic(20, 5)(at[20])[0] == pytest.approx(0.5, abs=1e-3)
    assert Linear(40)(at[30])[0] == 0.25


@pytest.mark.parametrize(
    "make",
    [
        lambda: Step(0),
        lambda: Step(-5),
        lambda: Step(math.nan),
        lambda: Linear(math.inf),
        lambda: Step(10, limit_minutes=0),
        lambda: Exponential(-0.1),
        lambda: Power(1, 0),
        lambda: Logistic(10, 0),
        lambda: Step(10**7),
        lambda: Stepped((10, 5), (1, 0.5)),
        lambda: Stepped((5, 10), (0.5, 0.8)),
        lambda: Stepped((5, 10), (1.2, 0.5)),
        lambda: Stepped((5, 10), (1,)),
        lambda: Stepped((), ()),
    ],
)
def test_parameters_that_mean_nothing_are_refused(make):
    with pytest.raises(StudyError) as error:
        make()
    assert error.value.faults[0].code == "E-DECAY"
    assert "{" not in str(error.value)


# Floating catchments -------------------------------------------------------------------------


@st.composite
def cases(draw: st.DrawFn, *, someone: bool = False):
    """Times, amounts, people and a decay."""
    places, venues = draw(st.integers(1, 6)), draw(st.integers(0, 4))
    short = draw(st.booleans())
    lost = SHORT_UNREACHED if short else UNREACHED
    tick = st.one_of(st.integers(0, 30_000), st.sampled_from([0, 9000, 9001, 18000, lost, lost]))
    ticks = draw(st.lists(tick, min_size=places * venues, max_size=places * venues))
    table = np.array(ticks, np.uint16 if short else np.uint32).reshape(places, venues)
    amounts = draw(st.lists(st.sampled_from([0, 1, 2.5, 40, 300]), min_size=venues,
                            max_size=venues))  # fmt: skip
    crowd = st.integers(1 if someone else 0, 5000)
    people = draw(st.lists(crowd, min_size=places, max_size=places))
    return table, np.array(amounts, float), np.array(people, np.int64), draw(curves)


def loops(ticks, decay):
    """Weights as a list of lists."""
    lost = np.iinfo(ticks.dtype).max
    return [
        [0.0 if tick == lost else formula(decay, tick / MINUTE) for tick in row]
        for row in ticks.tolist()
    ]


def over(part, whole):
    return part / whole if whole > 0 else 0.0


def two_step_loop(w, amounts, people):
    places, venues = range(len(w)), range(len(amounts))
    demand = [sum(people[i] * w[i][j] for i in places) if amounts[j] else 0.0 for j in venues]
    ratio = [over(amounts[j], demand[j]) for j in venues]
    return demand, ratio, [sum(ratio[j] * w[i][j] for j in venues) for i in places]


def three_step_loop(w, amounts, people):
    places, venues = range(len(w)), [j for j in range(len(amounts)) if amounts[j]]
    g = [[over(w[i][j], sum(w[i][k] for k in venues)) for j in range(len(amounts))]
         for i in places]  # fmt: skip
    ratio = {
        j: over(amounts[j], sum(g[i][j] * people[i] * w[i][j] for i in places)) for j in venues
    }
    return [sum(g[i][j] * ratio[j] * w[i][j] for j in venues) for i in places]


def balanced_loop(w, amounts, people):
    places, venues = range(len(w)), [j for j in range(len(amounts)) if amounts[j]]
    rows = [sum(w[i][j] for j in venues) for i in places]
    columns = {j: sum(w[i][j] for i in places) for j in venues}
    ratio = {
        j: over(amounts[j], sum(people[i] * over(w[i][j], rows[i]) for i in places)) for j in venues
    }
    return [sum(ratio[j] * over(w[i][j], columns[j]) for j in venues) for i in places]


def availability_loop(w, amounts, people, crowding):
    places, venues = range(len(w)), range(len(amounts))
    pull = [[people[i] ** crowding * w[i][j] for j in venues] for i in places]
    return [
        sum(amounts[j] * over(pull[i][j], sum(pull[k][j] for k in places)) for j in venues)
        for i in places
    ]


def same(found, expected):
    np.testing.assert_allclose(found, expected, rtol=1e-11, atol=1e-15)


@given(cases())
def test_opportunities_equal_a_loop(case):
    ticks, amounts, _, decay = case
    w = loops(ticks, decay)
    expected = [sum(s * f for s, f in zip(amounts, row, strict=True)) for row in w]
    same(opportunities(ticks, amounts, decay), expected)


@given(cases())
def test_the_catchments_equal_loops(case):
    ticks, amounts, people, decay = case
    w, held, crowd = loops(ticks, decay), amounts.tolist(), people.tolist()
    demand, ratio, reach = two_step_loop(w, held, crowd)
    found = two_step(ticks, amounts, people, decay)
    same(found.demand, demand)
    same(found.ratio, ratio)
    same(found.access, reach)
    same(three_step(ticks, amounts, people, decay).access, three_step_loop(w, held, crowd))
    same(balanced(ticks, amounts, people, decay).access, balanced_loop(w, held, crowd))
    for crowding in (0.5, 1.0, 2.0):
        found = spatial_availability(ticks, amounts, people, decay, crowding=crowding)
        same(found, availability_loop(w, held, crowd, crowding))


@given(cases())
def test_what_is_given_is_what_is_there(case):
    """The conservation laws: supply, people and availability are shared out, neither more."""
    ticks, amounts, people, decay = case
    for share in (two_step, three_step):
        found = share(ticks, amounts, people, decay)
        assert math.isclose(people @ found.access, found.reached, rel_tol=1e-12, abs_tol=1e-12)
        assert found.reached == amounts[found.demand > 0].sum()
        assert np.isfinite(found.access).all()
        assert (found.access >= 0).all()
        assert (found.access[(ticks == np.iinfo(ticks.dtype).max).all(axis=1)] == 0).all()
    found = balanced(ticks, amounts, people, decay)
    arriving = (decay(ticks)[:, amounts > 0] > 0).any(axis=1)
    assert math.isclose(found.demand.sum(), people[arriving].sum(), rel_tol=1e-12)
    assert math.isclose(found.access.sum(), found.ratio.sum(), rel_tol=1e-12)
    given_out = spatial_availability(ticks, amounts, people, decay)
    reached = amounts[(people @ decay(ticks)) > 0].sum()
    assert math.isclose(given_out.sum(), reached, rel_tol=1e-12, abs_tol=1e-12)
    assert (given_out[people == 0] == 0).all()
    somebody = people > 0
    each = two_step(ticks, amounts, people, decay).access
    same(given_out[somebody] / people[somebody], each[somebody])


@given(cases(someone=True), st.integers(2, 50), st.data())
def test_supply_and_demand_pull_as_they_must(case, factor, data):
    ticks, amounts, people, decay = case
    plain = {share: share(ticks, amounts, people, decay).access for share in
             (two_step, three_step, balanced)}  # fmt: skip
    for share, before in plain.items():
        same(share(ticks, amounts * factor, people, decay).access, before * factor)
        same(share(ticks, amounts, people * factor, decay).access, before / factor)
    if not amounts.size:
        return
    slack = 1e-12 * max(1.0, plain[two_step].max())
    more = amounts.copy()
    more[data.draw(st.integers(0, len(amounts) - 1))] += 7
    assert (two_step(ticks, more, people, decay).access >= plain[two_step] - slack).all()
    crowded = people.copy()
    crowded[data.draw(st.integers(0, len(people) - 1))] += 1000
    assert (two_step(ticks, amounts, crowded, decay).access <= plain[two_step] + slack).all()


@given(cases(someone=True), st.randoms(use_true_random=False))
def test_order_and_split_villages_change_nothing(case, random):
    ticks, amounts, people, decay = case
    rows, columns = list(range(len(people))), list(range(len(amounts)))
    random.shuffle(rows)
    random.shuffle(columns)
    mixed = ticks[rows][:, columns]
    for share in (two_step, three_step, balanced):
        before = share(ticks, amounts, people, decay).access
        same(share(mixed, amounts[columns], people[rows], decay).access, before[rows])
    # BFCA is left out: it divides by places, so how the country is cut up matters to it.
    for share in (two_step, three_step):
        before = share(ticks, amounts, people * 2, decay).access
        twice = share(np.vstack([ticks, ticks]), amounts, np.tile(people, 2), decay).access
        same(twice, np.tile(before, 2))


@given(cases(), st.integers(1, 7))
def test_blocks_change_nothing(case, cells):
    ticks, amounts, people, decay = case
    whole = [f(ticks, amounts, people, decay) for f in (two_step, three_step, balanced)]
    before = access.BLOCK_CELLS
    access.BLOCK_CELLS = cells
    try:
        for found, share in zip(whole, (two_step, three_step, balanced), strict=True):
            same(share(ticks, amounts, people, decay).access, found.access)
    finally:
        access.BLOCK_CELLS = before


@given(
    st.lists(st.tuples(st.integers(0, 9000), st.integers(0, 5000)), min_size=1, max_size=8),
    st.integers(1, 900),
)
def test_one_venue_for_all_gives_everybody_the_same(homes, supply):
    ticks = np.array([[tick] for tick, _ in homes], np.uint32)
    people = np.array([count for _, count in homes])
    if not people.sum():
        return
    each = supply / people.sum()
    for share in (two_step, three_step):
        same(share(ticks, [supply], people, Step(15)).access, np.full(len(homes), each))
    same(balanced(ticks, [supply], people, Step(15)).access, np.full(len(homes), each / len(homes)))
    same(spatial_availability(ticks, [supply], people, Step(15)), people * each)


def test_a_town_told_by_hand():
    """Two halls; the middle village reaches both, the last none."""
    ticks = np.array([[300, UNREACHED], [6000, 6000], [UNREACHED, 300], [UNREACHED] * 2], np.uint32)
    people = [100, 100, 300, 400]
    found = two_step(ticks, [60, 40], people, Step(10))
    assert found.demand.tolist() == [200, 400]
    assert found.ratio.tolist() == [0.3, 0.1]
    np.testing.assert_allclose(found.access, [0.3, 0.4, 0.1, 0])
    assert found.reached == 100
    chosen = three_step(ticks, [60, 40], people, Step(10))
    assert chosen.demand.tolist() == [150, 350]
    np.testing.assert_allclose(chosen.access, [0.4, 0.2 + 2 / 35, 4 / 35, 0])
    even = balanced(ticks, [60, 40], people, Step(10))
    assert even.demand.tolist() == [150, 350]
    np.testing.assert_allclose(even.access, [0.2, 0.2 + 2 / 35, 2 / 35, 0])


def test_a_venue_without_supply_draws_nobody_away():
    ticks = np.array([[10, 10]], np.uint32)
    for share in (three_step, balanced):
        assert share(ticks, [5, 0], [10], Step(15)).access.tolist() == [0.5]


def test_a_venue_where_nobody_lives_gives_nothing_and_divides_by_nothing():
    ticks = np.array([[10, UNREACHED], [UNREACHED, 10]], np.uint32)
    found = two_step(ticks, [5, 7], [10, 0], Step(15))
    assert found.access.tolist() == [0.5, 0]
    assert found.reached == 5
    assert spatial_availability(ticks, [5, 7], [10, 0], Step(15)).tolist() == [5, 0]


def test_next_to_no_weight_is_no_weight():
    ticks = np.array([[60_000]], np.uint32)
    found = two_step(ticks, [1e6], [1], Exponential(7.0))
    assert found.access.tolist() == [0]
    assert found.reached == 0


@pytest.mark.parametrize("shape", [(0, 0), (0, 3), (3, 0)])
def test_no_place_or_no_venue(shape):
    ticks = np.zeros(shape, np.uint32)
    people, amounts = np.ones(shape[0]), np.ones(shape[1])
    for share in (two_step, three_step, balanced):
        assert share(ticks, amounts, people, Step(15)).access.tolist() == [0] * shape[0]
    assert opportunities(ticks, amounts, Step(15)).tolist() == [0] * shape[0]


# Supply --------------------------------------------------------------------------------------


def venues_of(**columns) -> geopandas.GeoDataFrame:
    size = len(columns["type"])
    table = {"name": [f"馆{i}" for i in range(size)], "status": ["open"] * size,
             "targets": [""] * size, "capacity": [math.nan] * size, "capacity_unit": [""] * size,
             **columns}  # fmt: skip
    return geopandas.GeoDataFrame(table, geometry=[shapely.Point(0, 0)] * size, crs=4546)


def test_only_open_venues_of_the_types_and_for_the_group_count():
    venues = venues_of(
        type=["room", "room", "hall", "room"], status=["open", "closed", "open", "open"],
        targets=["", "", "", "elderly;youth"],
    )  # fmt: skip
    assert supply(venues, ["room"]).amounts.tolist() == [1, 0, 0, 0]
    assert supply(venues, ["room"], group="youth").amounts.tolist() == [1, 0, 0, 1]
    assert supply(venues, ["room", "hall"], group="farmers").amounts.tolist() == [1, 0, 1, 0]
    assert supply(venues, ["room"]).unit == "处"
    assert serves("people;youth", "farmers")


def test_capacities_of_one_unit():
    venues = venues_of(type=["room", "room", "hall"], capacity=[30, 0, 9],
                       capacity_unit=["座", "座", "人"])  # fmt: skip
    found = supply(venues, ["room"], count="capacity")
    assert found.amounts.tolist() == [30, 0, 0]
    assert found.unit == "座"
    assert supply(venues, ["none"], count="capacity").amounts.tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    ("capacity", "units", "code", "said"),
    [
        ([30, 20], ["座", "人"], "E-CAPACITY-UNITS", "人、座"),
        ([30, 20], ["座", ""], "E-CAPACITY-UNITS", "未写单位"),
        ([30, 20], ["", ""], "E-CAPACITY-UNITS", "未写单位"),
        ([30, math.nan], ["座", "座"], "E-CAPACITY-NONE", "馆1"),
    ],
)
def test_units_are_never_mixed_nor_guessed(capacity, units, code, said):
    venues = venues_of(type=["room"] * 2, capacity=capacity, capacity_unit=units)
    with pytest.raises(StudyError) as error:
        supply(venues, ["room"], count="capacity")
    assert error.value.faults[0].code == code
    assert said in error.value.faults[0].zh


# Published figures ---------------------------------------------------------------------------

CELLS = ["89a88cd909bffff", "89a88cdb57bffff", "89a88cdb597ffff", "89a88cdb5b3ffff",
         "89a88cdb5cfffff"]  # fmt: skip
BHO = FIXTURES / "access_bho"


@pytest.fixture(scope="module")
def horizonte():
    """Times of Belo Horizonte as ticks, jobs, people and the rows of the five cells."""
    parquet = pytest.importorskip("fastparquet")
    land = pd.read_csv(BHO / "land_use_data.csv").set_index("id")
    whole = io.BytesIO((BHO / "travel_matrix.parquet").read_bytes())
    return tick_table(parquet.ParquetFile(whole).to_pandas(), land.index), land


def tick_table(matrix, ids):
    ticks = np.full((len(ids), len(ids)), UNREACHED, np.uint32)
    minutes = matrix["travel_time"].to_numpy(float)
    rows, columns = ids.get_indexer(matrix["from_id"]), ids.get_indexer(matrix["to_id"])
    known = (rows >= 0) & (columns >= 0)
    ticks[rows[known], columns[known]] = np.rint(minutes[known] * MINUTE)
    return ticks


@with_fixtures
def test_belo_horizonte_five_cells():
    five = pd.read_csv(BHO / "land_use_data.csv").set_index("id").loc[CELLS]
    ticks = tick_table(pd.read_csv(BHO / "travel_matrix_5cells.csv"), five.index)
    jobs, people = five["jobs"].to_numpy(float), five["population"].to_numpy()
    assert opportunities(ticks, jobs, Step(30)).tolist() == [0, 82, 408, 408, 109]
    found = two_step(ticks, jobs, people, Step(45))
    assert found.access.round(4).tolist() == [0, 0.0152, 0.1491, 0.1491, 0.1068]
    alike = two_step(np.zeros((5, 5), np.uint32), jobs, people, Step(45))
    assert alike.access.round(4).tolist() == [0.1108] * 5


@with_fixtures
def test_belo_horizonte_whole(horizonte):
    ticks, land = horizonte
    jobs, people = land["jobs"].to_numpy(float), land["population"].to_numpy()

    def of(values, *names):
        return values[land.index.get_indexer(list(names))]

    within = opportunities(ticks, jobs, Step(30))
    assert of(within, *CELLS).tolist() == [26774, 22239, 36567, 42372, 55571]
    names = [f"89a881a5{tail}ffff" for tail in ("a2b", "a2f", "a67", "a6b", "a6f", "b03")]
    assert of(within, *names).tolist() == [14561, 29452, 16647, 10700, 6669, 37029]
    for rate, expected in ((0.5, [14.11, 28.02]), (0.6, [6.59, 13.40])):
        potential = opportunities(ticks, jobs, Exponential(rate))
        assert of(potential, *CELLS[1:3]).round(2).tolist() == expected
    found = two_step(ticks, jobs, people, Step(50))
    np.testing.assert_allclose(
        of(found.access, *CELLS[1:], CELLS[0], "89a88cd90b7ffff"),
        [0.4278111, 0.3863614, 0.4501725, 0.5366707, 0.4280401, 0.5176583], atol=5e-8,
    )  # fmt: skip
    assert people @ found.access == pytest.approx(found.reached, rel=1e-12)


def rows_of(name: str) -> list[dict[str, float]]:
    path = FIXTURES / "access_three_tracts" / name
    with path.open(encoding="utf-8") as stream:
        return [{key: float(cell) for key, cell in row.items()} for row in csv.DictReader(stream)]


@with_fixtures
@pytest.mark.parametrize("scenario", range(4))
def test_three_tracts(scenario):
    """The rows are homes and the columns doctors: mixed up, scenarios 1 and 2 change places."""
    tracts = rows_of("tracts.csv")
    ticks = np.full((3, 3), UNREACHED, np.uint32)
    for row in rows_of("costs.csv"):
        if row["scenario"] == scenario:
            ticks[int(row["origin"]) - 1, int(row["dest"]) - 1] = row["cost"] * MINUTE
    people, doctors = (np.array([t[key] for t in tracts]) for key in ("pop", "doc"))
    found = two_step(ticks, doctors, people, Power(1, limit_minutes=61))
    expected = [
        r["two_stage_fca_doc"] for r in rows_of("expected.csv") if r["scenario"] == scenario
    ]
    np.testing.assert_allclose(found.access, expected, atol=1e-9)
    assert people @ found.access == pytest.approx(135, rel=1e-12)
