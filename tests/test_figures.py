"""Sheets of the appendix: every character drawn, north up, scale true, the same bytes twice."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.patches import Polygon

from kepu.maps.figures.about import PAPERS, About
from kepu.maps.figures.chart import pairs_figure, shares_figure
from kepu.maps.figures.curve import count_figure
from kepu.maps.figures.files import saved
from kepu.maps.figures.map import Layer, base_layers, border_layers, map_figure
from kepu.maps.figures.marks import round_metres
from kepu.maps.figures.names import Names
from kepu.maps.figures.text import breadth, texts_of, wrapped
from kepu.maps.fonts import MissingGlyphError, families, installed

CRS = "EPSG:4547"
ABOUT = About(3, "图名氹塱磡滘漖埇", "副题", ("数据来源：示意。",), "审图号：无", True)
TOWNS = gpd.GeoDataFrame(
    {"name": ["甲镇", "乙街道"]},
    geometry=[shapely.box(0, 0, 10_000, 20_000), shapely.box(10_000, 0, 20_000, 20_000)],
    crs=CRS,
)


def points(*places):
    return gpd.GeoSeries([shapely.Point(place) for place in places], crs=CRS)


def drawn(paper="portrait", layers=(), names=()):
    whole = [*base_layers(TOWNS, {}), *border_layers(TOWNS), *layers]
    return map_figure(ABOUT, paper, TOWNS, whole, names)


def test_characters_of_guangdong_place_names_are_drawn():
    assert families(["清城区氹塱磡埗滘漖埇冚≤→ABC"])
    assert not any(name.startswith("Last Resort") for name in installed())


def test_a_character_that_no_font_has_is_an_error():
    with pytest.raises(MissingGlyphError, match="\U0010fffd"):
        families(["清\U0010fffd"])


@pytest.mark.parametrize("paper", PAPERS)
def test_a_map_says_all_that_it_must(paper):
    figure = drawn(paper, [Layer(points((5_000, 5_000)), "设施（1 处）")])
    texts = texts_of(figure)
    for wanted in (
        "图 3　图名氹塱磡滘漖埇",
        "示意数据",
        "图例",
        "北",
        "审图号：无",
        "甲镇",
        "设施（1 处）",
    ):
        assert wanted in texts
    assert any(text.startswith("比例尺") for text in texts)
    width, height = figure.get_size_inches() * 25.4
    assert (round(width), round(height)) == PAPERS[paper]


def test_the_arrow_points_up_and_the_scale_bar_is_as_long_as_it_says():
    figure = drawn()
    page, body = figure.axes[:2]
    arrow = next(p for p in page.patches if p.get_gid() == "north-dark")
    assert isinstance(arrow, Polygon)
    tip, foot = arrow.get_xy()[0], arrow.get_xy()[1:3]
    assert (tip[1] > foot[:, 1]).all()
    bars = [p for p in page.patches if getattr(p, "get_height", lambda: 0)() == 1.6]
    mm = sum(bar.get_width() for bar in bars)
    low, high = body.get_xlim()
    frame = body.get_position().width * PAPERS["portrait"][0]
    said = next(t for t in texts_of(figure) if t.endswith(" 公里"))
    assert mm * (high - low) / frame == pytest.approx(1000 * float(said.split()[0]))


def test_a_layer_without_shapes_is_not_explained():
    empty = Layer(points()[:0], "没有的东西")
    assert "没有的东西" not in texts_of(drawn(layers=[empty]))


@given(st.lists(st.tuples(st.integers(0, 20_000), st.integers(0, 20_000)), min_size=2, max_size=12))
@pytest.mark.filterwarnings("ignore::hypothesis.errors.HypothesisWarning")
def test_names_never_meet(places):
    from kepu.maps.figures.names import _around, _meet

    taken = []
    for x, y in places:
        for box in _around(x / 200, y / 200, 14.0, 3.0, 1.2):
            if not any(_meet(box, other) for other in taken):
                taken.append(box)
                break
    for at, box in enumerate(taken):
        assert not any(_meet(box, other) for other in taken[:at])


def test_names_stand_on_the_sheet():
    names = [Names(points((2_000, 2_000), (2_010, 2_010)), ["黄溪村", "城西社区"])]
    texts = texts_of(drawn(names=names))
    assert {"黄溪村", "城西社区", "甲镇", "乙街道"} <= set(texts)


@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
def test_two_drawings_are_the_same_bytes(ending):
    layers = [Layer(points((5_000, 5_000)), "设施")]
    first, second = (saved(drawn(layers=layers), ending, 40) for _ in range(2))
    assert first == second


def test_bars_bear_their_numbers_and_a_row_without_people_stands():
    rows = pd.DataFrame({
        "name": ["甲", "乙", "丙"], "share": pd.array([0.5, 0.95, None], "Float64"),
        "goal": pd.array([0.9, 0.9, None], "Float64"), "text": ["50.0%", "95.0%", "无法判定"],
    })  # fmt: skip
    texts = texts_of(shares_figure(ABOUT, "portrait", rows, "覆盖率"))
    assert {"50.0%", "95.0%", "无法判定", "低于目标", "目标"} <= set(texts)


def test_a_side_without_people_is_left_out():
    rows = pd.DataFrame({
        "name": ["甲"], "urban": pd.array([None], "Float64"), "rural": [0.4],
        "urban_text": [""], "rural_text": ["40.0%"], "goal": [0.9],
    })  # fmt: skip
    assert "40.0%" in texts_of(pairs_figure(ABOUT, "landscape", rows, "覆盖率"))


def test_a_curve_without_proof_shows_its_bound():
    curve = pd.DataFrame({
        "count": [0, 1, 2], "share": [0.5, 0.6, 0.7], "staged": [0.5, 0.6, 0.65],
        "bound": pd.array([None, None, 0.75], "Float64"), "text": ["50.0%", "60.0%", "70.0%"],
    })  # fmt: skip
    texts = texts_of(count_figure(ABOUT, "portrait", curve, 0.9, ("处", "覆盖率")))
    assert "尚未证明最优处的上界" in texts


@given(st.text(alphabet="清城区科普abc123，。（）", max_size=60), st.integers(20, 80))
def test_wrapping_loses_nothing(text: str, width: int):
    assert "".join(wrapped(text, 8, width)) == text.strip()


@given(st.floats(1, 1e6))
def test_the_scale_bar_is_round_and_fits(metres: float):
    found = round_metres(metres)
    assert found <= metres * (1 + 1e-6)
    assert f"{found / 10 ** np.floor(np.log10(found)):.0f}" in {"1", "2", "5", "10"}
    assert breadth("清城", 8) > breadth("ab", 8)
