# ruff: noqa: F401, F811 (fixtures come from another file)
"""The web map in Chromium: the right numbers, names that do not overlap, no request."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from typer.testing import CliRunner

from kepu.cli import app

from .browsing import (
    Visit,
    choose,
    chromium,
    data,
    figures,
    file,
    found,
    lonely,
    painted,
    printed,
    share_text,
    tab,
    visit,
    written,
)
from .made_district import BAD_PLACE, TOWNS, study

pytestmark = pytest.mark.browser


def test_panel_shows_the_figures_of_each_standard(visit: Visit, data: dict[str, Any]) -> None:
    legends = set()
    tab(visit, "flags")
    for key in data["standards"].index:
        visit.page.select_option("#standard", key)
        table = figures(data, key)
        district = table.loc[("district", "")]
        assert visit.text("#headline .big") == share_text(district["share"])
        sides = [table.loc[(scope, ""), "share"] for scope in ("urban", "rural")]
        assert visit.texts("#headline .side .value") == [
            "—" if pd.isna(share) else share_text(share) for share in sides
        ]
        line = visit.text("#headline .facts-line")
        assert f"未覆盖 {district['people'] - district['covered']:,} 人" in line
        assert f"未接入路网 {district['not_connected']:,} 人" in line
        towns = table.loc["town"].sort_values("share", kind="stable", na_position="last")
        assert visit.texts("#towns button") == [TOWNS[code][0] for code in towns.index]
        assert visit.texts("#towns tr td:nth-child(2)") == [f"{n:,}" for n in towns["people"]]
        goal = data["standards"].at[key, "goal"]
        met = [
            "无人口" if pd.isna(s) else "✓ 达标" if s >= goal else "✗ 未达标"
            for s in towns["share"]
        ]
        assert visit.texts("#towns .met") == met
        mine = data["flags"][data["flags"]["standard"] == key]
        assert visit.texts("#flags .sentence") == list(mine["sentence"])
        names = {"town": "镇街", "place": "居民点", "venue": "设施"}
        counted = mine["kind"].value_counts()
        told = [f"{names[kind]} {counted[kind]} 处" for kind in names if kind in counted]
        assert visit.text("#flag-count") == " · ".join(told)
        legends.add(visit.text("#legend"))
    assert len(legends) == 3


def test_legend_names_goal_and_threshold(visit: Visit) -> None:
    assert "≥ 90%（达标）" in visit.text("#legend")
    assert "≤ 15 分（时限内）" in visit.text("#legend")
    visit.page.select_option("#standard", "base")
    assert "≥ 95%（达标）" in visit.text("#legend")
    assert "≤ 30 分（时限内）" in visit.text("#legend")
    visit.page.locator("#measure button", has_text="时间").click()
    assert "15–30 分（时限）" in visit.text("#legend")


def test_place_tip_and_card(visit: Visit, data: dict[str, Any]) -> None:
    rows = found(data, "room")
    place = lonely(data, rows)
    x, y = visit.go(data["places"], place)
    visit.page.mouse.move(x, y)
    row, facts = rows.loc[place], data["places"].loc[place]
    venue = data["venues"].at[row["venue"], "name"]
    tip = f"{facts['name']}{printed(row['ticks'])} · {facts['people']:,} 人最近：{venue}"
    assert visit.text(".kepu-tip") == tip
    visit.page.mouse.click(x, y)
    assert visit.text(".card .verdict b") == printed(row["ticks"])
    card = visit.text(".card .rows")
    assert "其中路网外步行1.3 分钟" in card
    assert f"最近设施{venue}" in card
    assert f"常住人口{facts['people']:,} 人" in card
    assert TOWNS[facts["town"]][0] in visit.text(".card h3")
    visit.page.select_option("#standard", "base")
    later = found(data, "base").loc[place]
    assert visit.text(".card .verdict b") == printed(later["ticks"])


def test_unconnected_place_says_so(visit: Visit, data: dict[str, Any]) -> None:
    place = data["places"].index[BAD_PLACE]
    x, y = visit.go(data["places"], place, 18)
    visit.page.mouse.click(x, y)
    assert visit.text(".card .verdict b") == "未接入路网"


def test_venue_card_counts_its_catchment(visit: Visit, data: dict[str, Any]) -> None:
    rows = found(data, "room")
    people = data["places"]["people"].groupby(rows["venue"]).sum()
    within = data["places"]["people"][rows["ticks"] <= 9000].groupby(rows["venue"]).sum()
    venue = people.idxmax()
    x, y = visit.go(data["venues"], venue, 18)
    visit.page.mouse.click(x, y)
    assert visit.text(".card h3").startswith(data["venues"].at[venue, "name"])
    card = visit.text(".card .rows")
    assert f"处 {people[venue]:,} 人其中时限内{within[venue]:,} 人" in card
    assert "状态在用" in card


def test_town_card_from_the_table(visit: Visit, data: dict[str, Any]) -> None:
    visit.page.locator("#towns button", has_text="飞来峡镇").press("Enter")
    shares = [
        share_text(figures(data, key).loc[("town", "441802103"), "share"])
        for key in data["standards"].index
    ]
    assert visit.texts(".card .plain .number") == shares
    assert "飞来峡镇覆盖率低于全区平均。" in visit.text(".card")
    assert "启用候选设施。" in visit.text(".card .remedy")


def test_flag_brings_its_place_near(visit: Visit, data: dict[str, Any]) -> None:
    flag = data["flags"].iloc[1]
    tab(visit, "flags")
    visit.page.locator("#flags button").nth(1).click()
    assert visit.text(".card .flagged").endswith(flag["sentence"])
    assert visit.page.evaluate("map_kepu.getZoom()") >= 13
    box = visit.page.locator("#map_kepu").bounding_box()
    x, y = visit.point(data["places"], flag["id"])
    assert box["x"] < x < box["x"] + box["width"]
    assert box["y"] < y < box["y"] + box["height"]


@pytest.mark.parametrize("zoom", [10, 11.5, 14, 15])
def test_labels_never_overlap(visit: Visit, data: dict[str, Any], zoom: float) -> None:
    if zoom < 12:
        visit.page.evaluate("(zoom) => { map_kepu.setZoom(zoom, {animate: false}); }", zoom)
    else:
        visit.go(data["places"], str(data["places"].index[42]), zoom)
    boxes = visit.page.locator(".kepu-label").evaluate_all(
        """(labels) => labels.map((label) => label.getBoundingClientRect())
          .map((b) => [b.left, b.right, b.top, b.bottom])"""
    )
    over = visit.page.locator(".over:visible").evaluate_all(
        """(parts) => parts.map((part) => part.getBoundingClientRect())
          .map((b) => [b.left, b.right, b.top, b.bottom])"""
    )
    assert len(boxes) >= (6 if zoom < 12 else 1)
    boxes = [*over, *boxes]
    for i, (left, right, top, bottom) in enumerate(boxes):
        for other in boxes[:i]:
            apart = left >= other[1] or other[0] >= right or top >= other[3] or other[2] >= bottom
            assert apart


def test_layers_switch_off_and_on(visit: Visit) -> None:
    visit.page.locator("summary", has_text="图层").press("Enter")
    assert visit.texts("#layers label") == [
        *("镇街着色", "居民点", "所选设施", "其他设施", "道路与铁路", "水系", "地名注记")
    ]
    boxes = visit.page.locator("#layers input")
    before = {pane: painted(visit, pane) for pane in ("shade", "marks", "ground")}
    assert len(visit.texts(".kepu-label")) == len(TOWNS)
    for i in range(7):
        boxes.nth(i).uncheck()
    assert (painted(visit, "shade"), painted(visit, "marks")) == (0, 0)
    assert painted(visit, "ground") <= before["ground"]
    assert visit.texts(".kepu-label") == []
    for i in range(7):
        boxes.nth(i).check()
    assert {pane: painted(visit, pane) for pane in before} == before


def test_map_colours_the_towns_by_class(visit: Visit, data: dict[str, Any]) -> None:
    shares = figures(data, "room").loc["town"].loc[list(TOWNS), "share"]
    fills = visit.page.evaluate("kepu.page.style.shareFills")
    edges = (0.6, 0.8, 0.9)
    seen = visit.page.evaluate(
        "kepu.page.data.towns.code.map((_, t) => kepu.page.view.townFill(t))"
    )
    assert seen == [fills[sum(share >= edge for edge in edges)] for share in shares]


@pytest.mark.parametrize(
    ("width", "height"),
    [(1366, 768), (1920, 1080), pytest.param(3840, 2160, marks=pytest.mark.slow)],
)
def test_page_fits_the_screen(chromium: Any, file: Path, width: int, height: int) -> None:
    visit = Visit(chromium, file, width, height)
    size = visit.page.evaluate(
        """() => {
          const [page, panel] = [document.documentElement, document.querySelector('.panel')];
          return [page.scrollWidth, page.scrollHeight, panel.scrollWidth - panel.clientWidth];
        }"""
    )
    assert size == [width, height, 0]
    assert visit.page.locator("#badge").is_visible()
    visit.page.close()


@pytest.mark.slow
def test_the_illustrative_study_asks_for_nothing(chromium: Any, tmp_path: Path) -> None:
    """The whole way from `kepu demo` to the open page."""
    out = tmp_path / "demo"
    done = CliRunner().invoke(app, ["demo", "--out", str(out)])
    assert done.exit_code == 0, done.output
    page = out / "map.html"
    assert page.stat().st_size <= 3_000_000
    visit = Visit(chromium, page)
    keys = visit.page.locator("#standard option").evaluate_all("(l) => l.map((o) => o.value)")
    for key in filter(None, keys):
        visit.page.select_option("#standard", key)
        for name in ("覆盖", "时间", "可达性", "优先级"):
            button = visit.page.locator("#measure button", has_text=name)
            if button.is_enabled():
                button.click()
    assert len(keys) == 10
    assert not visit.page.locator("#unproven").is_visible()
    assert len(visit.texts("#towns button")) == 8
    assert "示意数据" in visit.text("header")
    assert visit.requests == []
    assert visit.complaints == []
    visit.page.close()


def test_how_sure_a_share_is_stands_beside_it(chromium: Any, tmp_path: Path) -> None:
    standards = study()["standards"].assign(low=[0.705, 0.2, None], high=[0.951, 0.31, None])
    standards["unsure"] = [True, False, False]
    page = Visit(chromium, written(tmp_path, standards=standards))
    assert "误差范围 70–96%，含目标，不能断定" in page.text("#headline")
    choose(page, goal=50)
    assert "不能断定" not in page.text("#headline")
    page.page.select_option("#standard", "base")
    assert "误差范围 20–31%" in page.text("#headline")
    choose(page, minutes=14)
    assert "误差范围" not in page.text("#headline")
    page.page.select_option("#standard", "rural")
    assert "误差范围" not in page.text("#headline")
    assert page.complaints == []
    page.page.close()
