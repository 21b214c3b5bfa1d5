"""Sheets of the appendix: every character drawn, north up, scale true, the same bytes twice."""

from __future__ import annotations

from itertools import combinations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.patches import Polygon

from kepu.maps.figures.about import PAPERS, About, Key
from kepu.maps.figures.calendar import Lane, calendar_figure
from kepu.maps.figures.chart import _lines, pairs_figure, shares_figure
from kepu.maps.figures.curve import _lines as _title_lines
from kepu.maps.figures.curve import count_figure
from kepu.maps.figures.files import saved
from kepu.maps.figures.map import Layer, base_layers, border_layers, map_figure
from kepu.maps.figures.marks import round_number
from kepu.maps.figures.names import Names
from kepu.maps.figures.sheet import open_sheet
from kepu.maps.figures.text import breadth, texts_of, wrapped
from kepu.maps.fonts import MissingGlyphError, families, installed
from kepu.report_figures import _parted
from kepu.report_ground import size_keys, sizes

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


@pytest.mark.parametrize("seed", range(3))
def test_names_never_meet_nor_leave_the_map(seed):
    """As they are drawn, each at its own point; of a crowd those stand that find room."""
    spots = np.random.default_rng(seed).uniform(-1_000, 21_000, (250, 2))
    said = {f"第{n}村": spot for n, spot in enumerate(spots)}
    figure = drawn(names=[Names(points(*spots), list(said))])
    renderer, body = figure.canvas.get_renderer(), figure.axes[1]
    boxes = {text.get_text(): text.get_window_extent(renderer) for text in body.texts}
    assert {"甲镇", "乙街道"} <= set(boxes)
    assert 60 < len(boxes) < len(spots)
    for one, other in combinations(boxes.values(), 2):
        assert not one.overlaps(other)
    frame = body.get_window_extent(renderer)
    for name, box in boxes.items():
        assert frame.x0 <= box.x0 and box.x1 <= frame.x1
        assert frame.y0 <= box.y0 and box.y1 <= frame.y1
        if name in said:
            x, y = body.transData.transform(said[name])
            away = np.hypot(max(box.x0 - x, x - box.x1, 0), max(box.y0 - y, y - box.y1, 0))
            assert away < 8 / 72 * figure.dpi


def test_the_name_of_a_town_stands_in_it_and_off_its_symbols():
    middle = TOWNS.representative_point()
    crowd = points(*((p.x + dx, p.y) for p in middle for dx in range(-2_000, 2_001, 500)))
    body = drawn(layers=[Layer(crowd, "设施")]).axes[1]
    for name, area in zip(TOWNS["name"], TOWNS.geometry, strict=True):
        text = next(t for t in body.texts if t.get_text() == name)
        x, y = text.get_position()
        assert area.contains(shapely.Point(x, y))
        assert abs(y - middle.y.iloc[0]) > 100


def test_what_is_of_a_higher_level_lies_above_and_the_legend_keeps_its_order():
    spot = points((5_000, 5_000))
    layers = [Layer(spot, "上", colour="#ff0000", level=1), Layer(spot, "下", colour="#00ff00")]
    figure = drawn(layers=layers)
    order = {
        one.get_facecolor()[0][:2].tobytes(): one.get_zorder()
        for one in figure.axes[1].collections if len(one.get_offsets()) == 1
        and len(one.get_facecolor())
    }  # fmt: skip
    red, green = (np.array(colour, float).tobytes() for colour in ((1, 0), (0, 1)))
    assert order[red] > order[green]
    texts = texts_of(figure)
    assert texts.index("下") < texts.index("上")


@pytest.mark.parametrize("count", [3, 12, 24, 30])
@pytest.mark.parametrize("paper", PAPERS)
def test_the_lines_of_a_long_legend_do_not_meet(paper, count):
    keys = [Key(f"第{at}项的说明（{at} 处 213,717 人）", "o") for at in range(count // 3)]
    keys += [Key(f"道{at}", "line") for at in range(count - len(keys))]
    sheet = open_sheet(ABOUT, paper, keys)
    renderer = sheet.figure.canvas.get_renderer()
    labels = {key.label for key in keys}
    boxes = [t.get_window_extent(renderer) for t in sheet.page.texts if t.get_text() in labels]
    x, _, w, _ = sheet.frame.legend
    right = sheet.page.transData.transform((x + w, 0))[0]
    assert len(boxes) == count
    assert all(box.x1 <= right for box in boxes)
    for one, other in combinations(boxes, 2):
        apart = one.x1 <= other.x0 or other.x1 <= one.x0
        assert apart or min(one.y1, other.y1) - max(one.y0, other.y0) < 0.12 * one.height


def test_symbols_are_as_large_as_the_legend_says():
    people = pd.Series([0, 1_000, 5_000, 34_890])
    told = {key.label: key.size for key in size_keys(people)}
    assert list(told) == ["大小：20,000 人", "大小：5,000 人", "大小：1,000 人"]
    assert told["大小：5,000 人"] ** 2 == pytest.approx(sizes(people)[2])
    assert told["大小：1,000 人"] ** 2 == pytest.approx(sizes(people)[1])
    assert [key.label for key in size_keys(pd.Series([3]))] == ["大小：2 人"]
    assert len(size_keys(people[:0])) == 1


def test_the_name_of_a_row_breaks_where_its_bracket_opens():
    assert _lines("短名（步行15分钟）", 60) == ["短名（步行15分钟）"]
    long = "农村中学科技馆（科学馆）（电动自行车30分钟，青少年）"
    assert _lines(long, 60) == ["农村中学科技馆（科学馆）", "（电动自行车30分钟，青少年）"]
    assert "".join(_lines("很长" * 30, 60)) == "很长" * 30


def test_a_title_breaks_before_the_mode_of_travel_if_it_must():
    name = _parted("社区科普活动室老年人步行15分钟")
    assert _title_lines(name, 100) == ["社区科普活动室老年人步行15分钟"]
    assert _title_lines(name, 30) == ["社区科普活动室老年人", "步行15分钟"]
    assert len(_title_lines(name, 15)) == 2
    assert _parted("步行可达") == "步行可达"


def test_no_line_of_a_stay_is_a_single_character():
    lane = Lane("一号", "#2a6ca8", [("2027-01-01", "2027-02-12", "车头村党群服务中心")])
    span = ("2027-01-01", "2027-12-31")
    figure = calendar_figure(ABOUT, "portrait", lanes=[lane], span=span, shades=[])
    said = next(t for t in texts_of(figure) if "车头村" in t)
    assert min(map(len, said.split("\n"))) > 2


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
    found = round_number(metres)
    assert found <= metres * (1 + 1e-6)
    assert f"{found / 10 ** np.floor(np.log10(found)):.0f}" in {"1", "2", "5", "10"}
    assert metres < 2.5 * found * (1 + 1e-6)


def test_a_chinese_character_is_broader_than_a_latin_one():
    assert breadth("清城", 8) > breadth("ab", 8)
