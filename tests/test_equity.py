"""Unevenness, poverty, even-handed averages: against loops over persons and published figures."""

from __future__ import annotations

import csv
import math
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from kepu.coverage.equity import (
    capped_minutes,
    divide,
    even_handed,
    kappa_of,
    poverty,
    time_poverty,
)
from kepu.coverage.inequality import (
    concentration,
    ends,
    erreygers,
    fractional_ranks,
    gini,
    lorenz,
    theil,
)
from kepu.geo.errors import LayerError
from kepu.geo.routing import UNREACHED

FIXTURES = Path(__file__).parents[2] / "shared" / "fixtures"
with_fixtures = pytest.mark.skipif(not FIXTURES.is_dir(), reason="the fixtures are not here")
close = {"rel_tol": 1e-10, "abs_tol": 1e-12}

VALUE = st.sampled_from([0, 0, 1, 1, 2, 3, 7, 10, 55, 1000, 12.5])
CROWD = st.integers(0, 9)
ROW = st.tuples(VALUE, CROWD, st.sampled_from("甲乙丙"), st.integers(0, 3))
ROWS = st.lists(ROW, min_size=1, max_size=7)


@st.composite
def spreads(draw: st.DrawFn):
    """Values, people, groups and a rank: at least one person and something to share."""
    values, people, groups, ranks = zip(*draw(ROWS), strict=True)
    assume(sum(v * n for v, n in zip(values, people, strict=True)) > 0)
    return np.array(values, float), np.array(people), np.array(groups), np.array(ranks)


def persons(values, people):
    """One value for each person: what every weighted measure must agree with."""
    return [v for v, n in zip(np.asarray(values).tolist(), people, strict=True) for _ in range(n)]


@given(spreads())
def test_gini_is_the_mean_difference_between_any_two_persons(case):
    values, people, _, _ = case
    each = persons(values, people)
    apart = sum(abs(a - b) for a in each for b in each)
    expected = apart / (2 * len(each) * sum(each))
    found = gini(values, people)
    assert math.isclose(found, expected, **close)
    assert 0 <= found < 1
    assert (found == 0) == (len(set(each)) == 1)
    across, up = lorenz(values, people)
    area = sum((b - a) * (f + g) for (a, b), (f, g) in zip(pairwise(across), pairwise(up),
                                                           strict=True))  # fmt: skip
    assert math.isclose(found, 1 - area, **close)
    assert (across[0], up[0], across[-1], up[-1]) == (0, 0, 1, 1)
    assert (up <= across + 1e-12).all()


@given(spreads(), st.integers(2, 9))
def test_unit_and_number_of_people_do_not_matter(case, factor):
    values, people, _, ranks = case
    measures = (
        gini,
        lambda x, n: theil(x, n).total,
        lambda x, n: concentration(x, n, np.resize(ranks, len(x))),
    )
    for measure in measures:
        before = measure(values, people)
        for other in (
            measure(values * factor, people),
            measure(values, people * factor),
            measure(np.tile(values, 2), np.tile(people, 2)),
        ):
            assert math.isclose(before, other, **close)


@given(spreads(), st.data())
def test_giving_from_better_to_worse_off_never_widens(case, data):
    values, people, _, _ = case
    lived = sorted(np.flatnonzero(people).tolist(), key=values.__getitem__)
    rich, poor = lived[-1], data.draw(st.sampled_from(lived))
    if values[rich] == values[poor]:
        return
    apart = (values[rich] - values[poor]) / (1 / people[rich] + 1 / people[poor])
    gift = apart * data.draw(st.sampled_from([0.1, 0.5, 1.0]))
    after = values.copy()
    after[rich] -= gift / people[rich]
    after[poor] += gift / people[poor]
    assert gini(after, people) <= gini(values, people) + 1e-12
    assert theil(after, people).total <= theil(values, people).total + 1e-12


@given(spreads())
def test_theil_splits_without_rest(case):
    values, people, groups, _ = case
    each = persons(values, people)
    mean = sum(each) / len(each)

    def t(part):
        level = sum(part) / len(part)
        return sum((x / level) * math.log(x / level) for x in part if x > 0) / len(part)

    found = theil(values, people, groups)
    assert math.isclose(found.total, t(each), **close)
    assert math.isclose(found.between + found.within, found.total, rel_tol=1e-12, abs_tol=1e-12)
    assert min(found.total, found.between, found.within) >= -1e-15
    between = within = 0.0
    for group in set(groups[people > 0].tolist()):
        inside = groups == group
        part = persons(values[inside], people[inside])
        share = sum(part) / sum(each)
        if share > 0:
            between += share * math.log(share * len(each) / len(part))
            within += share * t(part)
        b, w = found.parts[group]
        assert math.isclose(w, share * t(part) if share > 0 else 0, **close)
        assert (b > 1e-12) <= (sum(part) / len(part) > mean)
    assert math.isclose(found.between, between, **close)
    assert math.isclose(found.within, within, **close)
    assert theil(values, people).between == pytest.approx(0, abs=1e-15)


@given(spreads())
def test_concentration_equals_a_sum_over_persons_and_flips(case):
    values, people, _, ranks = case
    each = list(zip(persons(values, people), persons(ranks, people), strict=True))
    mean = sum(x for x, _ in each) / len(each)
    expected = 0.0
    for x, rank in each:
        place = sum(r < rank for _, r in each) + sum(r == rank for _, r in each) / 2
        expected += 2 * (x - mean) * (place / len(each) - 0.5) / mean / len(each)
    found = concentration(values, people, ranks)
    assert math.isclose(found, expected, **close)
    assert -1 <= found <= 1
    assert math.isclose(found, -concentration(values, people, -ranks), **close)
    assert math.isclose(concentration(values, people, values), gini(values, people), **close)
    whole = erreygers(values, people, ranks, lowest=0, highest=1000)
    assert math.isclose(whole, found * 4 * mean / 1000, **close)


@given(spreads(), st.randoms(use_true_random=False))
def test_order_empty_places_and_split_places_change_nothing(case, random):
    values, people, groups, ranks = case
    order = list(range(len(values)))
    random.shuffle(order)
    mixed = [np.concatenate([part[order], part[:1]]) for part in (values, groups, ranks)]
    counts = np.append(people[order], 0)

    def answers(x, n, by, rank):
        both = ends(x, n)
        return [gini(x, n), theil(x, n, by).between, concentration(x, n, rank), both.best,
                both.worst, poverty(x, n, 5, power=2), even_handed(x, n, kappa=0.01)]  # fmt: skip

    before = answers(values, people, groups, ranks)
    after = answers(mixed[0], counts, mixed[1], mixed[2])
    np.testing.assert_allclose(after, before, rtol=1e-10, atol=1e-12)
    split = [np.concatenate([part, part]) for part in (values, groups, ranks)]
    halves = answers(split[0], np.concatenate([people * 2, people]), split[1], split[2])
    np.testing.assert_allclose(halves, before, rtol=1e-10, atol=1e-12)


@given(spreads())
def test_the_ends_are_those_of_a_row_of_persons(case):
    """Every person is ten of themselves, so a tenth and four tenths are whole persons."""
    values, people, _, ranks = case
    for by in (None, ranks):
        each = sorted(persons(values, people * 10)) if by is None else None
        if by is not None:
            means = {
                r: np.average(values[ranks == r], weights=people[ranks == r])
                for r in set(ranks[people > 0].tolist())
            }
            each = [means[r] for r in sorted(persons(ranks, people * 10))]
        size = len(each)
        best, worst = each[-size // 10 :], each[: size * 4 // 10]
        found = ends(values, people, by)
        assert math.isclose(found.best, sum(best) / len(best), **close)
        assert math.isclose(found.worst, sum(worst) / len(worst), **close)
        if found.worst > 0:
            assert math.isclose(found.ratio, found.best / found.worst, **close)
        else:
            assert found.ratio is None


@pytest.mark.parametrize(("values", "people"), [([], []), ([1, 2], [0, 0]), ([0, 0], [3, 4])])
def test_of_nobody_or_nothing_there_is_no_measure(values, people):
    assert gini(values, people) is None
    assert theil(values, people) is None
    assert concentration(values, people, values) is None
    assert erreygers(values, people, values, lowest=0, highest=1) is None
    assert [part.tolist() for part in lorenz(values, people)] == [[0], [0]]
    found = ends(values, people)
    assert found is None or (found.best, found.worst, found.ratio) == (0, 0, None)
    if not sum(people):
        assert poverty(values, people, 1, power=0) is None
        assert even_handed(values, people, kappa=1) is None
        assert divide(values, people, np.zeros(len(values), bool)).urban is None


@pytest.mark.parametrize(
    ("values", "people"),
    [([1, math.nan], [1, 1]), ([1, math.inf], [1, 1]), ([1, -1], [1, 1]), ([1, 2], [1, -1]),
     ([1, 2], [1, math.nan])],
)  # fmt: skip
def test_values_without_meaning_are_refused(values, people):
    for measure in (gini, theil, lorenz, lambda x, n: poverty(x, n, 1, power=0)):
        with pytest.raises(LayerError) as error:
            measure(values, people)
        assert error.value.faults[0].code == "E-MEASURE-VALUES"


def test_told_by_hand():
    assert gini([0, 1], [1, 1]) == 0.5
    assert gini([0, 1], [3, 1]) == 0.75
    assert gini([5, 5, 5], [1, 2, 3]) == 0
    assert theil([0, 10], [1, 1]).total == pytest.approx(math.log(2))
    assert concentration([0, 1], [1, 1], [0, 1]) == 0.5
    assert concentration([1, 0], [1, 1], [0, 1]) == -0.5
    assert concentration([1, 0], [1, 1], [1, 1]) == 0
    assert fractional_ranks([2, 1, 2], np.array([0.25, 0.5, 0.25])).tolist() == [0.75, 0.25, 0.75]
    both = ends([1, 2, 8], [40, 50, 10])
    assert (both.best, both.worst, both.ratio) == (8, 1, 8)
    both = ends([1, 2, 8], [20, 75, 5])
    assert both.best == pytest.approx(5)
    assert both.worst == pytest.approx(1.5)


# Town and country, poverty, Kolm-Pollak -------------------------------------------------------


def test_the_divide_of_town_and_country():
    rural = np.array([False, True, True])
    found = divide([1, 0, 1], [100, 60, 40], rural)
    assert (found.urban, found.rural, found.gap, found.ratio) == (1, 0.4, 0.6, 2.5)
    found = divide([1, 0, 0], [100, 60, 40], rural)
    assert (found.gap, found.ratio) == (1, None)
    found = divide([1, 0, 1], [0, 60, 40], rural)
    assert (found.urban, found.rural, found.gap, found.ratio) == (None, 0.4, None, None)


@given(spreads(), st.sampled_from([0.5, 1, 2, 10, 100]))
@example((np.array([0.0] * 5 + [1]), np.array([4, 6, 9, 7, 2, 9]), None, None), 2)
def test_poverty_equals_a_sum_over_persons(case, line):
    values, people, _, _ = case
    each = persons(values, people)
    levels = []
    for power in (0, 1, 2):
        expected = sum(((line - x) / line) ** power for x in each if x < line) / len(each)
        levels.append(poverty(values, people, line, power=power))
        assert math.isclose(levels[-1], expected, **close)
    assert 1 >= levels[0] >= levels[1] >= levels[2] >= 0


TICK = st.one_of(st.integers(0, 80_000), st.sampled_from([9000, 9001, UNREACHED]))


@given(st.lists(st.tuples(TICK, CROWD), max_size=8), st.sampled_from([0.1, 15, 30]),
       st.sampled_from([30, 60, 120]))  # fmt: skip
def test_time_poverty_equals_a_sum_over_persons(places, line, cap):
    ticks = np.array([tick for tick, _ in places], np.uint32)
    people = [n for _, n in places]
    each = persons(ticks, people)
    found = time_poverty(ticks, people, line_minutes=line, cap_minutes=cap)
    limit, most = round(line * 600), cap * 600
    assert found.people == len(each)
    assert found.poor == sum(t > limit for t in each)
    assert found.unreached == sum(t == UNREACHED for t in each)
    if not each:
        assert (found.share, found.gap, found.severity) == (None, None, None)
        return
    for power, level in ((0, found.share), (1, found.gap), (2, found.severity)):
        over = [((min(t, most) - limit) / limit) ** power for t in each if t > limit]
        assert math.isclose(level, sum(over) / len(each), **close)


def test_time_poverty_told_by_hand():
    ticks = np.array([9000, 18000, 72000, UNREACHED], np.uint32)
    found = time_poverty(ticks, [1, 2, 3, 4], line_minutes=15, cap_minutes=60)
    assert (found.people, found.poor, found.unreached) == (10, 9, 4)
    assert (found.share, found.gap, found.severity) == (0.9, 2.3, 6.5)
    assert capped_minutes(ticks, 60).tolist() == [15, 30, 60, 60]
    short = np.array([9000, 2**16 - 1], np.uint16)
    found = time_poverty(short, [1, 1], line_minutes=15, cap_minutes=15)
    assert (found.poor, found.unreached, found.gap) == (1, 1, 0)
    assert capped_minutes(short, 240).tolist() == [15, 240]
    with pytest.raises(ValueError, match="cap"):
        time_poverty(ticks, [1] * 4, line_minutes=15, cap_minutes=10)


@given(spreads(), st.sampled_from(["good", "burden"]), st.sampled_from([0.5, 1, 2]),
       st.integers(0, 100))  # fmt: skip
def test_kolm_pollak_equals_its_formula_and_keeps_its_side(case, side, aversion, extra):
    values, people, _, _ = case
    each = persons(values, people)
    mean = sum(each) / len(each)
    kappa = kappa_of(values, people, side=side, aversion=aversion)
    size = aversion * sum(each) / sum(x * x for x in each)
    assert math.isclose(kappa, size if side == "good" else -size, **close)
    found = even_handed(values, people, kappa=kappa)
    expected = -math.log(sum(math.exp(-kappa * x) for x in each) / len(each)) / kappa
    assert math.isclose(found, expected, rel_tol=1e-8, abs_tol=1e-8)
    slack = 1e-9 * max(1.0, mean)
    low, high = (min(each), mean) if side == "good" else (mean, max(each))
    assert low - slack <= found <= high + slack
    moved = even_handed(values + extra, people, kappa=kappa)
    assert math.isclose(moved, found + extra, rel_tol=1e-9, abs_tol=1e-9)
    stronger = even_handed(values, people, kappa=2 * kappa)
    assert (stronger <= found + slack) if side == "good" else (stronger >= found - slack)


def test_kolm_pollak_at_its_edges():
    assert kappa_of([0, 0], [1, 1], side="good") == 0
    assert even_handed([1, 3], [1, 1], kappa=0) == 2
    assert even_handed([4, 4], [1, 9], kappa=-0.3) == pytest.approx(4)
    # Sums of powers of e beyond 1e308, and below 1e-308, on the way.
    assert even_handed([0, 1e6], [1, 1], kappa=-1) == pytest.approx(1e6 - math.log(2))
    assert even_handed([0, 1e6], [1, 1], kappa=1) == pytest.approx(math.log(2))


# Published figures ---------------------------------------------------------------------------

JOBS_WITHIN_30 = [26774, 22239, 36567, 42372, 55571]
CELLS = ["89a88cd909bffff", "89a88cdb57bffff", "89a88cdb597ffff", "89a88cdb5b3ffff",
         "89a88cdb5cfffff"]  # fmt: skip


def table(*path: str) -> list[dict[str, str]]:
    with FIXTURES.joinpath(*path).open(encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


@with_fixtures
def test_belo_horizonte():
    land = {row["id"]: float(row["population"]) for row in table("access_bho", "land_use_data.csv")}
    people = [land[cell] for cell in CELLS]
    assert round(gini(JOBS_WITHIN_30, people), 4) == 0.1386
    assert round(gini(JOBS_WITHIN_30[:4], people[:4]), 4) == 0.1148
    found = [poverty(JOBS_WITHIN_30, people, 100_000, power=power) for power in (0, 1, 2)]
    assert [round(level, 4) for level in found] == [1, 0.5588, 0.3256]
    assert [poverty(JOBS_WITHIN_30, people, 10_000, power=power) for power in (0, 1, 2)] == [0] * 3


@with_fixtures
def test_mexico():
    states = table("inequality_mexico", "mexico.csv")
    alike = np.ones(len(states))
    product = {year: [float(row[f"pcgdp{year}"]) for row in states]
               for year in range(1940, 2001, 10)}  # fmt: skip
    assert gini(product[1940], alike) == pytest.approx(0.35372371173452849, abs=1e-12)
    expected = [0.20894344, 0.15222451, 0.10472941, 0.10194725, 0.09560113, 0.10511256, 0.10660832]
    found = [theil(values, alike).total for values in product.values()]
    np.testing.assert_allclose(found, expected, atol=1e-8)


def test_theil_of_haves_and_have_nots():
    found = theil([0, 0, 0, 10, 10, 10], [1] * 6, [0, 0, 0, 1, 1, 1])
    assert found.total == pytest.approx(math.log(2), abs=1e-15)
    assert found.between == pytest.approx(math.log(2), abs=1e-15)
    assert found.within == 0
