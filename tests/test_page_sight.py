# ruff: noqa: F401, F811 (fixtures come from another file)
"""What is seen of the page in Chromium: cards, tips, symbols and names in each other's way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely

from .browsing import Visit, choose, chromium, data, file, found, painted, visit, written
from .made_district import UNREACHED, reach_of, study

pytestmark = pytest.mark.browser

LONG = "飞来峡水利枢纽库区移民安置点及周边自然村联合新时代文明实践科普服务综合体"
STILL = """async () => {
  const rest = () => new Promise((done) => setTimeout(done, 60));
  for (let before = ''; ;) {
    await rest();
    const now = map_kepu.getCenter().toString();
    if (now === before && !map_kepu._panAnim?._inProgress) return;
    before = now;
  }
}"""
HIDDEN = """() => {
  const card = document.querySelector('.leaflet-popup').getBoundingClientRect();
  const frame = map_kepu.getContainer().getBoundingClientRect();
  const over = Array.from(document.querySelectorAll('.over, .leaflet-control'))
    .filter((one) => one.offsetParent).map((one) => [one.className, one.getBoundingClientRect()])
    .filter(([, b]) => b.left < card.right && card.left < b.right && b.top < card.bottom
      && card.top < b.bottom).map(([name]) => name);
  return [over, card.left >= frame.left && card.right <= frame.right && card.top >= frame.top];
}"""


def test_nothing_hides_a_card(visit: Visit, data: dict[str, Any]) -> None:
    for code in data["towns"].index:
        visit.page.evaluate("(code) => kepu.page.focus('t:' + code)", code)
        visit.page.evaluate(STILL)
        assert visit.page.evaluate(HIDDEN) == [[], True], code
    box = visit.page.locator("#legend-box").bounding_box()
    visit.page.keyboard.press("Escape")
    x, y = box["x"] + box["width"] + 12, box["y"] + 40
    for identity, at in data["places"].geometry.iloc[:3].items():
        # the place comes to stand just beside the legend
        visit.page.evaluate(
            """([lat, lng, x, y]) => {
              const frame = map_kepu.getContainer().getBoundingClientRect();
              map_kepu.setView([lat, lng], 15, { animate: false });
              const now = map_kepu.latLngToContainerPoint([lat, lng]);
              const shift = [now.x - (x - frame.left), now.y - (y - frame.top)];
              map_kepu.panBy(shift, { animate: false });
              kepu.page.store.set({ pick: '' });
            }""",
            [at.y, at.x, x, y],
        )
        visit.page.evaluate("(id) => kepu.page.store.set({ pick: 'p:' + id })", identity)
        visit.page.evaluate(STILL)
        assert visit.page.evaluate(HIDDEN) == [[], True], identity


def test_priority_follows_any_choice(visit: Visit, data: dict[str, Any]) -> None:
    choose(visit, types=("rural.bookhouse",), mode="walk", minutes=20)
    button = visit.page.locator("#measure button[data-value=priority]")
    assert button.is_enabled()
    button.click()
    one = reach_of(data, "walk")
    ticks = one.ticks["rural.bookhouse"].astype(float)
    people = data["places"]["people"].to_numpy()
    score = np.round(people * np.clip((ticks - 12_000) / 12_000, 0, 1), 1)
    assert visit.text("#headline .big") == f"{int(np.floor(score.sum() + 0.5)):,}折算人"
    by_town = data["places"]["town"].map(dict.fromkeys(data["towns"].index, 0)) + score
    sums = by_town.groupby(data["places"]["town"]).sum().sort_values(ascending=False)
    names = data["towns"]["name"]
    assert visit.texts("#towns button")[0] == names[sums.index[0]]
    assert visit.page.locator("#legend li span", has_text="首要一半").count() == 1


def test_a_place_beneath_a_venue_is_told_and_taken(visit: Visit, data: dict[str, Any]) -> None:
    rows = found(data, "room")
    used = data["venues"][data["venues"]["type"].isin(data["standards"].at["room", "types"])]
    tree = shapely.STRtree(used.geometry.to_numpy())
    reached = data["places"][rows["ticks"] < UNREACHED]
    nearest = tree.query_nearest(reached.geometry.to_numpy(), all_matches=False)[1]
    away = shapely.distance(reached.geometry.to_numpy(), used.geometry.to_numpy()[nearest])
    place = str(reached.index[away.argmin()])
    x, y = visit.go(data["places"], place, 12)
    visit.page.mouse.move(x, y)
    assert visit.page.locator(".kepu-tip .tip").count() == 2
    assert data["places"].at[place, "name"] in visit.text(".kepu-tip")
    assert painted(visit, "rings") > 0
    visit.page.mouse.click(x, y)
    first = visit.page.evaluate("kepu.page.store.get().pick")
    assert first.startswith("v:")
    visit.page.evaluate(STILL)
    x, y = visit.point(data["places"], place)
    visit.page.mouse.click(x, y)
    assert visit.page.evaluate("kepu.page.store.get().pick") == f"p:{place}"
    visit.page.evaluate("kepu.page.store.set({ pick: '' })")


def test_the_menu_of_layers_gives_way(visit: Visit) -> None:
    menu = visit.page.locator(".menu")
    for leave in (
        lambda: visit.page.keyboard.press("Escape"),
        lambda: visit.page.locator("#headline").click(position={"x": 5, "y": 5}),
    ):
        visit.page.locator("summary", has_text="图层").click()
        assert menu.get_attribute("open") is not None
        leave()
        assert menu.get_attribute("open") is None


def test_the_scale_speaks_chinese(visit: Visit) -> None:
    assert visit.text(".leaflet-control-scale").endswith("公里")
    visit.page.evaluate("map_kepu.setZoom(17, {animate: false})")
    assert visit.text(".leaflet-control-scale").endswith(" 米")


def test_long_names_stay_with_their_towns_and_on_the_sheet(chromium: Any, tmp_path: Path) -> None:
    towns = study()["towns"]
    page = Visit(
        chromium, written(tmp_path, title=LONG * 3, towns=towns.assign(name=towns["name"] + LONG))
    )
    away = page.page.evaluate(
        """() => Array.from(document.querySelectorAll('.kepu-label.town')).map((label) => {
          const t = kepu.page.data.towns.name.indexOf(label.firstChild.textContent);
          const { lat, lng } = kepu.page.data.towns;
          const at = map_kepu.latLngToContainerPoint([lat[t], lng[t]]);
          const frame = map_kepu.getContainer().getBoundingClientRect();
          const box = label.getBoundingClientRect();
          return Math.abs((box.left + box.right) / 2 - frame.left - at.x);
        })"""
    )
    assert len(away) >= 6
    assert max(away) <= 58
    assert page.page.locator("#review").evaluate("(e) => e.scrollWidth <= e.clientWidth")
    page.page.locator("#print").click()
    heights = page.page.locator("#sheet-towns dd").evaluate_all(
        "(l) => l.map((e) => e.offsetHeight)"
    )
    assert max(heights) < 24
    for part in (".sheet-side", ".sheet-head"):
        clipped = page.page.locator(part).evaluate("(e) => e.scrollHeight - e.clientHeight")
        assert clipped <= 1, part
    assert page.complaints == []
    page.page.close()


def test_a_very_wide_screen_is_drawn_as_finely_as_it_is(chromium: Any, file: Path) -> None:
    page = Visit(chromium, file, 3200, 900)
    fine = page.page.evaluate(
        """() => {
          const canvas = map_kepu.getPane('kepu-marks').querySelector('canvas');
          return canvas.width / canvas.getBoundingClientRect().width;
        }"""
    )
    assert fine == pytest.approx(1, abs=0.01)
    page.page.close()


def test_specks_are_told_as_specks(visit: Visit, data: dict[str, Any]) -> None:
    """Where even the largest place is a dot, no area and no cross can be seen."""
    assert "圆面积" in visit.text("#legend")
    told = visit.page.evaluate(
        """() => {
          const { page } = kepu;
          const whole = page.sizeOf;
          page.sizeOf = () => 1;
          map_kepu.setZoom(map_kepu.getZoom() + 1, { animate: false });
          page.sizeOf = whole;
          return document.getElementById('legend').textContent;
        }"""
    )
    assert "圆面积" not in told
    assert "未到达" in told
    visit.page.evaluate("map_kepu.setZoom(map_kepu.getZoom() - 1, { animate: false })")
    assert "圆面积" in visit.text("#legend")
