# ruff: noqa: F401, F811 (fixtures come from the other file)
"""Using the page in Chromium: choosing, pointing, searching, measuring, printing, linking."""

from __future__ import annotations

import io
import math
import re
import threading
from collections.abc import Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw

from kepu.geo.crs import wgs84_to_gcj02
from kepu.maps.tiles import own_server
from kepu.maps.web import web_map

from .test_map_browser import (
    Visit,
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
from .test_maps import TOWNS, UNREACHED, Reach, counts, reach_of, study

pytestmark = pytest.mark.browser


def written(folder: Path, **changes: object) -> Path:
    path = folder / "map.html"
    path.write_text(web_map(**study(**changes)), encoding="utf-8", newline="\n")
    return path


def choose(visit: Visit, **choice: Any) -> None:
    """Choose by hand, as a reader would."""
    visit.page.evaluate("document.getElementById('own').open = true")
    if "types" in choice:
        for box in visit.page.locator("#types input").all():
            if box.input_value() in choice["types"]:
                box.check()
        for box in visit.page.locator("#types input").all():
            if box.input_value() not in choice["types"]:
                box.uncheck()
    if "mode" in choice:
        visit.page.locator(f"#mode button[data-value={choice['mode']}]").click()
    for name in ("group", "area"):
        if name in choice:
            visit.page.select_option(f"#{name}", choice[name])
    for name in ("minutes", "goal"):
        if name in choice:
            visit.page.fill(f"#{name}", str(choice[name]))
            visit.page.keyboard.press("Tab")


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
    assert visit.texts("#legend li span")[:3] == ["高", "中", "低"]
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


def pages_of(pdf: bytes) -> list[tuple[int, int]]:
    boxes = re.findall(rb"/MediaBox \[([^\]]*)\]", pdf)
    return [tuple(round(float(n) / 72 * 25.4) for n in box.split()[2:]) for box in boxes]


@pytest.mark.parametrize(
    ("paper", "size"), [("a4", (297, 210)), pytest.param("a3", (420, 297), marks=pytest.mark.slow)]
)
def test_the_sheet_prints_on_one_page(visit: Visit, paper: str, size: tuple[int, int]) -> None:
    visit.page.locator("#print").click()
    visit.page.locator(f"#print-{paper}").click()
    pdf = visit.page.pdf(prefer_css_page_size=True, print_background=True)
    assert pages_of(pdf) == [size]
    assert visit.text("#sheet-title") == "清远市清城区科普设施覆盖分析"
    assert visit.text("#sheet-badge") == "示意数据"
    assert "社区科普活动室步行15分钟" in visit.text("#sheet-sub")
    assert "OpenStreetMap" in visit.text("#sheet-sources")
    assert "分析日期：2026-11-01" in visit.text("#sheet-sources")
    assert "内部使用，未经地图审核" in visit.text(".sheet-review")
    assert "示意图，不作为行政区划界线依据" in visit.text(".sheet-review")
    assert visit.page.locator("#sheet-legend #legend").is_visible()
    assert visit.page.locator(".sheet-north svg").is_visible()
    assert visit.page.locator(".leaflet-control-scale").is_visible()
    side = visit.page.locator(".sheet-side")
    for part in (side, visit.page.locator(".sheet-foot")):
        assert part.evaluate("(e) => e.scrollHeight <= e.clientHeight + 1")
    scale = int(re.sub(r"\D", "", visit.text("#sheet-scale").split("∶")[1]))
    metres = visit.page.evaluate(
        """() => {
          const { x, y } = map_kepu.getSize();
          const at = (px) => map_kepu.containerPointToLatLng([px, y / 2]);
          return map_kepu.distance(at(0), at(x)) / x;
        }"""
    )
    assert scale == pytest.approx(metres * 96 / 25.4 * 1000, rel=0.03)
    visit.page.locator("#print-close").click()
    assert visit.page.locator(".panel").is_visible()
    assert visit.page.locator(".corner #legend").is_visible()


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


def test_a_public_page_has_no_coordinates(chromium: Any, tmp_path: Path) -> None:
    changed = study()
    changed["places"]["farmers"] = 1 + np.arange(len(changed["places"])) % 7
    table = changed["coverage"]
    for (scope, code), (people, covered, apart) in counts(
        reach_of(changed, "ebike"), changed["places"], ("rural.bookhouse",), 15, "farmers", "rural"
    ).items():
        row = (table["standard"] == "rural") & (table["scope"] == scope) & (table["code"] == code)
        table.loc[row, ["people", "covered", "not_connected"]] = [people, covered, apart]
    path = written(tmp_path, audience="public", **{k: changed[k] for k in ("places", "coverage")})
    page = Visit(chromium, path)
    assert page.page.locator("#coordinates").count() == 0
    assert page.page.locator("#public").is_visible()
    assert "未取得审图号" in page.text("#review")
    assert not page.page.locator("#unproven").is_visible()
    page.page.select_option("#standard", "rural")
    people = table[(table["standard"] == "rural") & (table["scope"] == "district")].iloc[0]
    assert page.text("#headline .big") == share_text(people["covered"] / people["people"])
    assert not page.page.locator("#untold").is_visible()
    choose(page, minutes=14)
    assert page.page.locator("#untold").is_visible()
    assert page.text("#headline .big") == "—"
    assert page.complaints == []
    page.page.close()


def test_an_internal_page_reads_coordinates(visit: Visit) -> None:
    box = visit.page.locator("#map_kepu").bounding_box()
    visit.page.mouse.move(box["x"] + 600, box["y"] + 300)
    assert re.fullmatch(r"11[23]\.\d{5}°E 23\.\d{5}°N WGS 84", visit.text("#coordinates"))


def test_wrong_counts_raise_an_alarm(chromium: Any, tmp_path: Path) -> None:
    table = study()["coverage"]
    table.loc[0, "covered"] += 1
    page = Visit(chromium, written(tmp_path, coverage=table))
    assert page.page.locator("#unproven").is_visible()
    assert "社区科普活动室步行15分钟" in page.text("#unproven")
    page.page.close()


CONTRAST = """() => {
  const rgb = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((c) => c / 255)
    .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = (element) => {
    for (let e = element; e; e = e.parentElement) {
      const [r, g, b, a = 1] = rgb(getComputedStyle(e).backgroundColor);
      if (a > 0.7) return [r, g, b];
    }
    return [255, 255, 255];
  };
  const poor = [];
  document.querySelectorAll('body *').forEach((e) => {
    const words = Array.from(e.childNodes).some((n) => n.nodeType === 3 && n.data.trim());
    if (!words || !e.offsetParent || e.closest('svg') || e.closest('.unseen')) return;
    const [a, b] = [light(rgb(getComputedStyle(e).color)), light(ground(e))].sort((x, y) => y - x);
    if ((a + 0.05) / (b + 0.05) < 4.5) poor.push(e.className + ' ' + e.textContent.slice(0, 20));
  });
  return poor;
}"""


def test_all_text_can_be_read(visit: Visit) -> None:
    choose(visit)
    for name in ("flags", "spread", "notes", "towns"):
        tab(visit, name)
        assert visit.page.evaluate(CONTRAST) == [], name
    visit.page.locator("#towns button").first.click()
    visit.page.locator("#ruler").click()
    assert visit.page.evaluate(CONTRAST) == []


def test_everything_has_a_name_and_is_reached_by_keys(visit: Visit) -> None:
    choose(visit)
    nameless = visit.page.evaluate(
        """() => Array.from(document.querySelectorAll('button, input, select, summary, svg[role]'))
          .filter((e) => e.offsetParent).filter((e) => !(e.textContent.trim() || e.title
            || e.getAttribute('aria-label') || (e.labels && e.labels.length)))
          .map((e) => e.outerHTML.slice(0, 80))"""
    )
    assert nameless == []
    visit.page.locator("#search").focus()
    reached = set()
    for _ in range(70):
        reached.add(
            visit.page.evaluate("document.activeElement.id || document.activeElement.tagName")
        )
        visit.page.keyboard.press("Tab")
    assert reached >= {
        *("search", "fit", "ruler", "link", "print", "standard", "slide", "minutes", "group"),
        *("area", "goal", "tab-towns", "map_kepu"),
    }
    visit.page.locator("#measure button[aria-checked=true]").focus()
    visit.page.keyboard.press("ArrowRight")
    assert visit.page.evaluate("kepu.page.store.get().measure") == "minutes"


class StubTiles(BaseHTTPRequestHandler):
    """Tiles with one red dot, where a provider in a datum would draw the point."""

    def __init__(self, spot: tuple[float, float], *arguments: Any) -> None:
        self.spot = spot
        super().__init__(*arguments)

    def do_GET(self) -> None:
        zoom, x, y = (int(n) for n in re.findall(r"\d+", self.path))
        side = 256 * 2**zoom
        lon, lat = self.spot
        px = (lon + 180) / 360 * side - 256 * x
        py = (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * side - 256 * y
        image = Image.new("RGB", (256, 256), (235, 235, 235))
        ImageDraw.Draw(image).ellipse([px - 3, py - 3, px + 3, py + 3], fill=(255, 0, 0))
        code = io.BytesIO()
        image.save(code, "PNG")
        self.send_response(200)
        self.send_header("Content-Type", "image/png")
        self.end_headers()
        self.wfile.write(code.getvalue())

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


SPOT = (113.052, 23.687)


@pytest.fixture(params=["GCJ02", pytest.param("WGS84", marks=pytest.mark.slow)])
def tiled(request: Any) -> Iterator[tuple[str, str]]:
    lon, lat = SPOT
    if request.param == "GCJ02":
        east, north = wgs84_to_gcj02(np.array([lon]), np.array([lat]))
        lon, lat = float(east[0]), float(north[0])
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(StubTiles, (lon, lat)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield request.param, f"http://127.0.0.1:{server.server_port}/{{z}}/{{x}}/{{y}}.png"
    server.shutdown()
    server.server_close()
    thread.join()


def dot(page: Any) -> tuple[float, float]:
    picture = np.asarray(Image.open(io.BytesIO(page.screenshot())).convert("RGB")).astype(int)
    red = np.argwhere((picture[..., 0] > 200) & (picture[..., 1] < 60) & (picture[..., 2] < 60))
    y, x = red.mean(axis=0)
    return float(x), float(y)


def test_tiles_lie_under_the_data(chromium: Any, tmp_path: Path, tiled: tuple[str, str]) -> None:
    datum, url = tiled
    path = written(tmp_path, tiles=own_server(url, datum))
    page = chromium.new_page(viewport={"width": 1100, "height": 760})
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(path.as_uri() + f"#at={SPOT[1] + 0.004},{SPOT[0] + 0.008},14")
    page.wait_for_selector("body.ready")
    assert [one for one in asked if one.startswith("http:")] == []
    page.evaluate("kepu.page.store.set({ off: ['shade', 'places', 'venues', 'others', 'labels'] })")
    for move in (
        "",
        "map_kepu.panBy([-90, 70], {animate: false})",
        "map_kepu.setZoom(15, {animate: false})",
    ):
        page.evaluate(move or "0")
        page.wait_for_load_state("networkidle")
        page.wait_for_timeout(400)
        want = page.evaluate(
            """([lon, lat]) => {
              const { x, y } = map_kepu.latLngToContainerPoint([lat, lon]);
              const box = map_kepu.getContainer().getBoundingClientRect();
              return [x + box.left, y + box.top];
            }""",
            list(SPOT),
        )
        assert math.dist(dot(page), want) <= 2, (datum, move)
    assert "底图：127.0.0.1" in page.locator("#tile-source").text_content()
    page.evaluate("kepu.page.store.set({ off: ['tiles'] })")
    assert page.locator("img.leaflet-tile").count() == 0
    page.close()


def test_a_district_nobody_reaches_stays_calm(chromium: Any, tmp_path: Path) -> None:
    changed = study(measures=[], isochrones=None, branches=None)
    empty = [
        Reach(one.mode, one.connected & False, one.walk_ms, one.venue_walk_ms, {}, {}, {})
        for one in changed["reach"]
    ]
    table = changed["coverage"].assign(covered=0)
    table["not_connected"] = table["people"]
    page = Visit(
        chromium,
        written(tmp_path, reach=empty, coverage=table, measures=[], isochrones=None, branches=None),
    )
    assert page.text("#headline .big") == "0.0%"
    page.page.locator("#measure button[data-value=minutes]").click()
    assert page.text("#headline .big") == "过半未达"
    tab(page, "spread")
    assert "基尼 —" in page.text("#charts .key.all")
    assert page.complaints == []
    page.page.close()
