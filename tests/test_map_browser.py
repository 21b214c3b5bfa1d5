"""The web map in Chromium: no request, no error, the right numbers, hostile text as mere text."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely
from typer.testing import CliRunner

from kepu.cli import app
from kepu.maps.web import web_map

from .test_maps import BAD_PLACE, HOSTILE, TOWNS, hostile_study, study

pytestmark = pytest.mark.browser

ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    names = ("chromium", "chromium-browser", "google-chrome")
    program = next(filter(None, map(shutil.which, names)), None)
    if program is None:
        if os.environ.get("KEPU_REQUIRE_BROWSER") == "1":
            pytest.fail("no Chromium found, and KEPU_REQUIRE_BROWSER=1")
        pytest.skip("no Chromium found")
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield browser
        browser.close()


class Visit:
    """A page opened from a file, with all that it asked for and complained about."""

    def __init__(self, chromium: Any, path: Path, width: int = 1366, height: int = 768) -> None:
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self.page = chromium.new_page(viewport={"width": width, "height": height})
        self.page.set_default_timeout(8000)
        self.page.route("**/*", self._meet)
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.home = path.as_uri()
        self.page.goto(self.home)
        # the marks are drawn in the next frames
        self.page.evaluate("new Promise((done) => setTimeout(done, 150))")

    def _meet(self, route: Any) -> None:
        if route.request.url == self.home:
            route.continue_()
        else:
            self.requests.append(route.request.url)
            route.abort()

    def text(self, selector: str) -> str:
        return str(self.page.locator(selector).first.evaluate("(e) => e.textContent"))

    def texts(self, selector: str) -> list[str]:
        return list(self.page.locator(selector).evaluate_all("(l) => l.map((e) => e.textContent)"))

    def point(self, frame: Any, identity: str) -> tuple[float, float]:
        """Return where on the screen a point of `frame` stands."""
        at = frame.geometry[identity]
        x, y = self.page.evaluate(
            """([lat, lng]) => {
              const p = map_kepu.latLngToContainerPoint([lat, lng]);
              const box = map_kepu.getContainer().getBoundingClientRect();
              return [p.x + box.left, p.y + box.top];
            }""",
            [at.y, at.x],
        )
        return x, y

    def go(self, frame: Any, identity: str, zoom: int = 16) -> tuple[float, float]:
        at = frame.geometry[identity]
        self.page.evaluate(
            "([lat, lng, zoom]) => { map_kepu.setView([lat, lng], zoom, {animate: false}); }",
            [at.y, at.x, zoom],
        )
        return self.point(frame, identity)


@pytest.fixture(scope="module")
def data() -> dict[str, Any]:
    return study()


@pytest.fixture(scope="module")
def file(data: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("map") / "map.html"
    path.write_text(web_map(**data), encoding="utf-8", newline="\n")
    return path


def visiting(chromium: Any, file: Path) -> Iterator[Visit]:
    found = Visit(chromium, file)
    yield found
    assert found.requests == []
    assert found.complaints == []
    found.page.close()


@pytest.fixture
def visit(chromium: Any, file: Path) -> Iterator[Visit]:
    yield from visiting(chromium, file)


@pytest.fixture(scope="module")
def resting(chromium: Any, file: Path) -> Iterator[Visit]:
    """A page that its tests leave as it is, or set as they need it."""
    yield from visiting(chromium, file)


def share_text(share: float) -> str:
    """Return a share as the page prints it: rounded down to one decimal."""
    return f"{int(share * 1000 + 1e-9) / 10:.1f}%"


def figures(data: dict[str, Any], standard: str) -> pd.DataFrame:
    return data["coverage"][data["coverage"]["standard"] == standard].set_index(["scope", "code"])


def reached(data: dict[str, Any], standard: str) -> pd.DataFrame:
    return data["reach"][data["reach"]["standard"] == standard].set_index("place")


def lonely(data: dict[str, Any], rows: pd.DataFrame) -> str:
    """Return a reached place that no other mark covers."""
    points = pd.concat([data["places"].geometry, data["venues"].geometry])
    xy = shapely.get_coordinates(points.to_numpy())
    apart = np.hypot(*(xy[:, None] - xy).T) + np.eye(len(xy))
    alone = pd.Series(apart.min(axis=0) > 0.001, index=points.index)
    return str(rows.index[rows["minutes"].notna() & alone.loc[rows.index]][0])


def test_panel_shows_the_figures_of_each_standard(visit: Visit, data: dict[str, Any]) -> None:
    legends = set()
    for k, key in enumerate(data["standards"].index):
        visit.page.select_option("#standard", str(k))
        table = figures(data, key)
        district = table.loc[("district", "")]
        assert visit.text("#headline .big") == share_text(district["share"])
        values = visit.texts("#headline .value")
        assert values[:2] == [share_text(table.loc[(s, ""), "share"]) for s in ("urban", "rural")]
        assert values[3] == f"{district['people'] - district['covered']:,}"
        assert values[4] == f"{district['not_connected']:,}"
        towns = table.loc["town"].sort_values("share", kind="stable")
        assert visit.texts("#towns button") == [TOWNS[code][0] for code in towns.index]
        assert visit.texts("#towns tr td:nth-child(2)") == [f"{n:,}" for n in towns["people"]]
        goal = data["standards"].at[key, "goal"]
        met = ["✓ 达标" if share >= goal else "✗ 未达标" for share in towns["share"]]
        assert visit.texts("#towns .met") == met
        mine = data["flags"][data["flags"]["standard"] == key]
        assert visit.texts("#flags span") == list(mine["sentence"])
        legends.add(visit.text("#legend"))
    assert len(legends) == 3


def test_legend_names_goal_and_threshold(visit: Visit) -> None:
    assert "≥ 90%（达标）" in visit.text("#legend")
    assert "7.5–15 分（时限）" in visit.text("#legend")
    visit.page.select_option("#standard", "1")
    assert "≥ 95%（达标）" in visit.text("#legend")
    assert "15–30 分（时限）" in visit.text("#legend")


def printed(minutes: float) -> str:
    """Return minutes as the page prints them: rounded up to one decimal."""
    return f"{-(-round(minutes * 600) // 60) / 10:.1f} 分钟"


def test_place_popup_and_tooltip(visit: Visit, data: dict[str, Any]) -> None:
    rows = reached(data, "room")
    place = lonely(data, rows)
    x, y = visit.go(data["places"], place)
    visit.page.mouse.move(x, y)
    row, facts = rows.loc[place], data["places"].loc[place]
    minutes = printed(row["minutes"])
    assert visit.text(".kepu-tip") == f"{facts['name']}{minutes} · {facts['people']:,} 人"
    visit.page.mouse.click(x, y)
    assert visit.text(".card .verdict b") == minutes
    card = visit.text(".card .rows")
    assert f"其中路网外步行{printed(row['walk_minutes'])}" in card
    assert f"最近设施{data['venues'].at[row['venue'], 'name']}" in card
    assert f"常住人口{facts['people']:,} 人" in card
    assert TOWNS[facts["town"]][0] in visit.text(".card h3")
    visit.page.select_option("#standard", "1")
    later = reached(data, "base").loc[place]
    assert visit.text(".card .verdict b") == printed(later["minutes"])


def test_unconnected_place_says_so(visit: Visit, data: dict[str, Any]) -> None:
    place = data["places"].index[BAD_PLACE]
    x, y = visit.go(data["places"], place, 18)
    visit.page.mouse.click(x, y)
    assert visit.text(".card .verdict b") == "未接入路网"


def test_venue_popup_counts_its_catchment(visit: Visit, data: dict[str, Any]) -> None:
    rows = reached(data, "room")
    people = data["places"]["people"].groupby(rows["venue"]).sum()
    venue = people.idxmax()
    x, y = visit.go(data["venues"], venue, 18)
    visit.page.mouse.click(x, y)
    assert visit.text(".card h3").startswith(data["venues"].at[venue, "name"])
    card = visit.text(".card .rows")
    assert f"以此为最近设施{people[venue]:,} 人" in card
    assert "状态在用" in card


def test_town_popup_from_the_table(visit: Visit, data: dict[str, Any]) -> None:
    visit.page.locator("#towns button", has_text="飞来峡镇").press("Enter")
    shares = [
        share_text(figures(data, key).loc[("town", "441802103"), "share"])
        for key in data["standards"].index
    ]
    assert visit.texts(".card .shares .number") == shares
    assert "飞来峡镇覆盖率低于全区平均。" in visit.text(".card")


def test_flag_brings_its_place_near(visit: Visit, data: dict[str, Any]) -> None:
    flag = data["flags"].iloc[1]
    visit.page.locator("#flags button").nth(1).click()
    assert visit.text(".card .flagged") == flag["sentence"]
    assert visit.page.evaluate("map_kepu.getZoom()") >= 13
    box = visit.page.locator("#map_kepu").bounding_box()
    x, y = visit.point(data["places"], flag["id"])
    assert box["x"] < x < box["x"] + box["width"]
    assert box["y"] < y < box["y"] + box["height"]


@pytest.mark.parametrize("zoom", [10, 11.5, 14])
def test_labels_never_overlap(resting: Visit, zoom: float) -> None:
    resting.page.evaluate("(zoom) => { map_kepu.setZoom(zoom, {animate: false}); }", zoom)
    boxes = resting.page.locator(".kepu-label").evaluate_all(
        """(labels) => labels.map((label) => label.getBoundingClientRect())
          .map((b) => [b.left, b.right, b.top, b.bottom])"""
    )
    assert len(boxes) > 3
    for i, (left, right, top, bottom) in enumerate(boxes):
        for other in boxes[:i]:
            apart = left >= other[1] or other[0] >= right or top >= other[3] or other[2] >= bottom
            assert apart


def test_layers_switch_off_and_on(visit: Visit) -> None:
    visit.page.locator(".leaflet-control-layers-toggle").press("Enter")
    visit.page.locator(".leaflet-control-layers").hover()
    # Leaflet swallows a click in the moment when the list opens
    visit.page.wait_for_timeout(50)
    boxes = visit.page.locator(".leaflet-control-layers-selector")
    names = visit.texts(".leaflet-control-layers-overlays label")
    assert [name.strip() for name in names] == [
        "镇街着色",
        "居民点",
        "本标准所用设施",
        "其他设施",
        "道路与铁路",
        "水系",
        "地名注记",
    ]
    boxes.nth(6).uncheck()
    assert visit.texts(".kepu-label") == []
    for i in range(6):
        boxes.nth(i).uncheck()
        boxes.nth(i).check()
    boxes.nth(6).check()
    assert len(visit.texts(".kepu-label")) == len(TOWNS)


def test_map_colours_the_towns_by_class(resting: Visit, data: dict[str, Any]) -> None:
    fills = resting.page.evaluate(
        """() => {
          const fills = [];
          map_kepu.eachLayer((l) => {
            const {renderer} = l.options;
            if (l instanceof L.Polygon && renderer && renderer.options.pane === 'kepu-shade') {
              fills.push(l.options.fillColor);
            }
          });
          return fills;
        }"""
    )
    shares = figures(data, "room").loc["town"].loc[list(TOWNS), "share"]
    from_style = resting.page.evaluate("kepu.read('kepu-data').standards.shareFills[0]")
    edges = (0.6, 0.8, 0.9)
    assert fills == [from_style[sum(share >= edge for edge in edges)] for share in shares]


def test_what_reads_as_met_is_met(resting: Visit) -> None:
    """Shares are rounded down, minutes up."""
    for share, text in ((0.89996, "89.9%"), (0.9, "90.0%"), (0.07, "7.0%"), (1.0, "100.0%")):
        assert resting.page.evaluate("(s) => kepu.percent(s)", share) == text
    assert resting.page.evaluate("kepu.percent(null)") == "—"
    for tenths, text in ((9001, "15.1 分钟"), (9000, "15.0 分钟"), (0, "0.0 分钟")):
        assert resting.page.evaluate("(t) => kepu.minutesText(t)", tenths) == text


@pytest.mark.parametrize(("width", "height"), [(1366, 768), (1920, 1080)])
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


def test_real_data_bears_no_badge(chromium: Any, tmp_path: Path) -> None:
    path = tmp_path / "map.html"
    html = web_map(**study(illustrative=False, review="粤AS（2026）000号"))
    path.write_text(html, encoding="utf-8", newline="\n")
    visit = Visit(chromium, path)
    assert not visit.page.locator("#badge").is_visible()
    assert visit.text("#review") == "审图号：粤AS（2026）000号"
    assert "示意数据" not in visit.text(".notice")
    assert "示意图，不作为行政区划界线依据" in visit.text(".notice")
    visit.page.close()


def test_hostile_text_is_only_text(chromium: Any, tmp_path: Path) -> None:
    data, text = hostile_study(), "".join(HOSTILE)
    path = tmp_path / "map.html"
    path.write_text(web_map(**data), encoding="utf-8", newline="\n")
    visit = Visit(chromium, path)
    assert visit.text("#title") == text
    assert visit.page.title().startswith("<img src=x onerror=window.__x=1></script>")
    assert text in visit.text("#review")
    assert text in visit.text(".notice")
    for selector in ("#standard option", "#uses", "#basis", "#facts dt", "#facts dd",
                     "#towns button", "#flags b", "#flags span", "#legend",
                     ".kepu-label.town"):  # fmt: skip
        assert text in visit.text(selector), selector
    place = data["flags"]["id"].iloc[1]
    visit.page.locator("#flags button").nth(1).click()
    assert visit.text(".card h3").startswith(data["places"].at[place, "name"])
    assert visit.text(".card .flagged") == data["flags"]["sentence"].iloc[1]
    assert place in visit.text(".card .rows")
    visit.page.keyboard.press("Escape")
    x, y = visit.go(data["venues"], "V005", 18)
    visit.page.mouse.move(x, y)
    assert text in visit.text(".kepu-tip")
    visit.page.mouse.click(x, y)
    assert text in visit.text(".card")
    visit.page.locator("#towns button").first.click()
    assert text in visit.text(".card h3")
    assert text in visit.text(".card .shares th")
    assert visit.page.evaluate("window.__x === undefined")
    assert visit.page.evaluate("document.images.length") == 0
    assert visit.requests == []
    assert visit.complaints == []
    visit.page.close()


def test_the_illustrative_study_asks_for_nothing(chromium: Any, tmp_path: Path) -> None:
    """The whole way from `kepu demo` to the open page."""
    out = tmp_path / "demo"
    done = CliRunner().invoke(app, ["demo", "--out", str(out)])
    assert done.exit_code == 0, done.output
    page = out / "map.html"
    assert page.stat().st_size <= 3_000_000
    visit = Visit(chromium, page)
    visit.page.goto(page.as_uri())
    visit.page.wait_for_selector("#towns button")
    standards = visit.page.locator("#standard option").count()
    for k in range(standards):
        visit.page.select_option("#standard", str(k))
    assert standards == 9
    assert len(visit.texts("#towns button")) == 8
    assert "示意数据" in visit.text("header")
    assert visit.requests == []
    assert visit.complaints == []
    visit.page.close()
