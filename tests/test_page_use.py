# ruff: noqa: F401, F811 (fixtures come from another file)
"""Using the page in Chromium: choosing, pointing, searching, measuring, linking."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from .browsing import (
    Visit,
    choose,
    chromium,
    data,
    file,
    found,
    lonely,
    painted,
    printed,
    share_text,
    tab,
    visit,
)
from .made_district import TOWNS, UNREACHED, counts, reach_of

pytestmark = pytest.mark.browser

CHOICES = (
    {"types": ("rural.bookhouse",), "mode": "walk", "minutes": 20, "group": "people",
     "area": "all"},
    {"types": ("room.community", "school.maker"), "mode": "ebike", "minutes": 7.5,
     "group": "farmers", "area": "rural"},
    {"types": ("base.district",), "mode": "car", "minutes": 12, "group": "farmers",
     "area": "urban"},
)  # fmt: skip


def test_any_choice_is_counted_at_once(visit: Visit, data: dict[str, Any]) -> None:
    for choice in CHOICES:
        choose(visit, **choice)
        right = counts(
            reach_of(data, choice["mode"]), data["places"], choice["types"], choice["minutes"],
            choice["group"], choice["area"],
        )  # fmt: skip
        people, covered, _ = right[("district", "")]
        assert visit.text("#headline .big") == share_text(covered / people)
        assert f"未覆盖 {people - covered:,} 人" in visit.text("#headline .facts-line")
        shares = {TOWNS[code][0]: one for (scope, code), one in right.items() if scope == "town"}
        for row in visit.page.locator("#towns tr").all():
            name, crowd, *_ = row.locator("th, td").all_text_contents()
            assert crowd == f"{shares[name][0]:,}"
            part = shares[name][1] / shares[name][0] if shares[name][0] else None
            text = row.locator("td.share .number").text_content()
            assert text == ("—" if part is None else share_text(part))
        assert "自定义组合" in visit.text("#basis")
        assert visit.page.input_value("#standard") == ""


def test_the_goal_changes_verdicts_and_classes(visit: Visit) -> None:
    choose(visit, goal=5)
    assert "✓ 达标（目标 5%）" in visit.text("#headline")
    assert "≥ 5%（达标）" in visit.text("#legend")
    choose(visit, goal=0)
    assert visit.page.input_value("#goal") == "5"
    assert "请输入 1 到 100 之间的数" in visit.text("#say")


def test_minutes_show_medians(visit: Visit, data: dict[str, Any]) -> None:
    visit.page.locator("#measure button[data-value=minutes]").click()
    rows = found(data, "room").assign(people=data["places"]["people"]).sort_values("ticks")
    half = rows["people"].sum() / 2
    median = rows["ticks"][rows["people"].cumsum() >= half].iloc[0]
    assert visit.text("#headline .big") == printed(median).replace(" 分钟", " 分")
    assert visit.text("#town-value") == "中位时间"
    sides = visit.page.locator("#headline .side")
    assert all(text.endswith((" 分", "过半未达")) for text in visit.texts("#headline .value"))
    assert all("覆盖率" in text for text in sides.all_text_contents())
    assert sides.locator(".bar").count() == 0
    assert all(text.endswith((" 分", "过半未达")) for text in visit.texts("#towns td:nth-child(3)"))


def test_a_further_measure_is_shown_where_it_was_counted(
    visit: Visit, data: dict[str, Any]
) -> None:
    button = visit.page.locator("#measure button[data-value=access]")
    before = visit.page.evaluate(
        "kepu.page.data.towns.code.map((_, t) => kepu.page.view.townFill(t))"
    )
    button.click()
    assert visit.text("#headline .big") == "0.00处/万人"
    assert visit.text("#basis") == "可达性：示例"
    assert visit.texts("#legend li span")[:3] == ["≥ 8 高", "4–8 中", "< 4 低"]
    after = visit.page.evaluate(
        "kepu.page.data.towns.code.map((_, t) => kepu.page.view.townFill(t))"
    )
    assert before != after
    visit.page.select_option("#standard", "base")
    assert button.is_disabled()
    assert visit.text("#headline .big").endswith("%")


def test_urban_and_rural_stand_side_by_side(visit: Visit) -> None:
    urban, rural = (box.bounding_box() for box in visit.page.locator("#headline .side").all())
    assert urban["y"] == rural["y"]
    assert urban["x"] + urban["width"] <= rural["x"]
    assert visit.texts("#headline .side h3") == ["城镇Urban", "乡村Rural"]


def test_pointing_at_a_place_draws_its_way(visit: Visit, data: dict[str, Any]) -> None:
    place = lonely(data, found(data, "room"))
    number = data["places"].index.get_loc(place)
    x, y = visit.go(data["places"], place, 14)
    assert painted(visit, "rings") == 0
    visit.page.mouse.move(x, y)
    assert painted(visit, "rings") > 50
    way = visit.page.evaluate(f"kepu.wayOf(kepu.page, {number})")
    venue = data["venues"].geometry[found(data, "room").at[place, "venue"]]
    assert way["isRoad"] is True
    assert way["points"][0] == pytest.approx(
        [data["places"].geometry[place].y, data["places"].geometry[place].x], abs=1e-5
    )
    assert way["points"][-1] == pytest.approx([venue.y, venue.x], abs=1e-5)
    assert len(way["points"]) > 3
    visit.page.mouse.move(x + 300, y - 200)
    assert visit.page.evaluate("kepu.page.hovered") != number
    choose(visit, minutes=14)
    way = visit.page.evaluate(f"kepu.wayOf(kepu.page, {number})")
    assert (way["isRoad"], len(way["points"])) == (False, 2)


def test_a_venue_shows_its_catchment_and_isochrones(visit: Visit, data: dict[str, Any]) -> None:
    venue = data["isochrones"]["venue"].iloc[0]
    visit.page.fill("#search", venue)
    visit.page.keyboard.press("Enter")
    assert "等时圈步行 7.5、15 分钟" in visit.text(".card .rows")
    assert painted(visit, "rings") > 1000
    assert visit.page.evaluate("kepu.page.catchment") == data["venues"].index.get_loc(venue)
    visit.page.locator(".leaflet-popup-close-button").press("Enter")
    assert visit.page.evaluate("kepu.page.catchment") is None
    assert painted(visit, "rings") == 0
    assert "pick" not in visit.page.evaluate("kepu.page.address()")


def test_the_side_panel_draws_histogram_and_lorenz(visit: Visit, data: dict[str, Any]) -> None:
    tab(visit, "spread")
    titles = visit.texts("#charts rect title")
    people = data["places"]["people"]
    for name, mask in (("城镇", ~data["places"]["rural"]), ("乡村", data["places"]["rural"])):
        mine = [int(text.split()[1].replace(",", "")) for text in titles if text.startswith(name)]
        assert sum(mine) == people[mask].sum()
    rows = found(data, "room").assign(people=people).sort_values("ticks")
    rows = rows[rows["ticks"] < UNREACHED]
    x = np.insert(rows["people"].cumsum() / rows["people"].sum(), 0, 0)
    time = (rows["people"] * rows["ticks"]).cumsum()
    y = np.insert(time / time.iloc[-1], 0, 0)
    gini = 1 - np.sum(np.diff(x) * (y[1:] + y[:-1]))
    assert visit.text("#charts .key.all") == f"全区 基尼 {gini:.3f}"
    assert visit.page.locator("#charts polyline").count() == 3
    visit.page.keyboard.press("ArrowRight")
    assert visit.page.evaluate("document.activeElement.id") == "tab-list"
    visit.page.keyboard.press("ArrowRight")
    assert visit.page.evaluate("document.activeElement.id") == "tab-notes"
    visit.page.locator("#facts").wait_for(state="visible")


def test_search_finds_by_name_and_keyboard(visit: Visit, data: dict[str, Any]) -> None:
    name = data["places"]["name"].iloc[42]
    visit.page.fill("#search", "没有这个地方")
    assert visit.texts("#hits li") == ["没有找到"]
    visit.page.fill("#search", "源潭镇")
    assert visit.text("#hits li").startswith("源潭镇")
    visit.page.fill("#search", name)
    visit.page.keyboard.press("ArrowDown")
    visit.page.keyboard.press("ArrowUp")
    visit.page.keyboard.press("Enter")
    assert visit.text(".card h3").startswith(name)
    assert not visit.page.locator("#hits").is_visible()


def test_the_ruler_measures_straight_lines(visit: Visit, data: dict[str, Any]) -> None:
    visit.page.locator("#ruler").click()
    box = visit.page.locator("#map_kepu").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + 150
    visit.page.mouse.click(x, y)
    visit.page.mouse.click(x, y + 200)
    assert visit.texts(".card") == []
    shown = visit.text("#length")
    metres = visit.page.evaluate(
        """([x, y, w]) => {
          const box = map_kepu.getContainer().getBoundingClientRect();
          const at = (y) => map_kepu.containerPointToLatLng([x - box.left, y - box.top]);
          return map_kepu.distance(at(y), at(y + w));
        }""",
        [x, y, 200],
    )
    assert float(shown.split()[1]) * 1000 == pytest.approx(metres, rel=0.006)
    visit.page.keyboard.press("Escape")
    assert not visit.page.locator("#length").is_visible()


def test_a_link_is_a_view(chromium: Any, visit: Visit, file: Path, data: dict[str, Any]) -> None:
    choose(visit, types=("rural.bookhouse", "civic.party"), mode="ebike", minutes=12.5, goal=77)
    visit.page.locator("#measure button[data-value=minutes]").click()
    tab(visit, "spread")
    x, y = visit.go(data["places"], "P020", 15)
    visit.page.mouse.click(x, y)
    address = visit.page.evaluate("kepu.page.address()")
    visit.page.wait_for_function("(address) => location.href === address", arg=address)
    state = visit.page.evaluate("kepu.page.store.get()")
    other = Visit(chromium, file, at=address[len(visit.home) :])
    assert other.page.evaluate("kepu.page.store.get()") == state
    assert state["minutes"] == 12.5
    for selector in ("#headline", "#legend", "#towns", ".card", "#charts"):
        assert other.text(selector) == visit.text(selector), selector
    other.page.evaluate("location.hash = '#standard=base'")
    other.page.wait_for_function("kepu.page.store.get().standard === 'base'")
    assert "科普基地驾车30分钟" in other.text("#standard option:checked")
    assert other.complaints == []
    other.page.close()


def test_the_directory_is_narrowed_and_leads_to_the_map(visit: Visit, data: dict[str, Any]) -> None:
    venues = data["venues"]
    tab(visit, "list")
    assert visit.text("#list-count") == f"{len(venues)} 处"
    visit.page.get_by_label("类型", exact=True).select_option("base.district")
    mine = venues[venues["type"] == "base.district"]
    assert visit.text("#list-count") == f"{len(mine)} 处"
    assert set(visit.texts("#list b")) == set(mine["name"])
    name = str(mine["name"].iloc[-1])
    visit.page.get_by_label("按名称或地址筛选").fill(name)
    assert visit.texts("#list b") == [name]
    visit.page.locator("#list button").press("Enter")
    assert visit.text(".card h3").startswith(name)
    visit.page.get_by_label("按名称或地址筛选").fill("没有这个名字")
    assert visit.texts("#list li") == ["没有符合条件的设施。"]
    visit.page.get_by_label("按名称或地址筛选").fill("")
    visit.page.get_by_label("类型", exact=True).select_option("")
