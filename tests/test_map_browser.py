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

from .test_maps import BAD_PLACE, HOSTILE, TOWNS, UNREACHED, hostile_study, nearest, reach_of, study

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

    def __init__(
        self, chromium: Any, path: Path, width: int = 1366, height: int = 768, at: str = ""
    ) -> None:
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self.page = chromium.new_page(viewport={"width": width, "height": height})
        self.page.set_default_timeout(8000)
        self.page.route("**/*", self._meet)
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.home = path.as_uri()
        self.page.goto(self.home + at)
        self.page.wait_for_selector("body.ready")

    def _meet(self, route: Any) -> None:
        if route.request.url.partition("#")[0] == self.home:
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


def found(data: dict[str, Any], standard: str) -> pd.DataFrame:
    """Return ticks and the nearest venue of each place, the plain way."""
    row = data["standards"].loc[standard]
    ticks, venue = nearest(reach_of(data, row["mode"]), row["types"])
    names = [data["venues"].index[v] if v >= 0 else None for v in venue]
    return pd.DataFrame({"ticks": ticks, "venue": names}, index=data["places"].index)


def lonely(data: dict[str, Any], rows: pd.DataFrame) -> str:
    """Return a reached place that no other mark covers."""
    points = pd.concat([data["places"].geometry, data["venues"].geometry])
    xy = shapely.get_coordinates(points.to_numpy())
    apart = np.hypot(*(xy[:, None] - xy).T) + np.eye(len(xy))
    alone = pd.Series(apart.min(axis=0) > 0.001, index=points.index)
    return str(rows.index[(rows["ticks"] < UNREACHED) & alone.loc[rows.index]][0])


def printed(ticks: int) -> str:
    """Return ticks as the page prints them: minutes rounded up to one decimal."""
    return f"{-(-int(ticks) // 60) / 10:.1f} 分钟"


def tab(visit: Visit, name: str) -> None:
    visit.page.locator(f"#tab-{name}").click()


def test_panel_shows_the_figures_of_each_standard(visit: Visit, data: dict[str, Any]) -> None:
    legends = set()
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
def test_labels_never_overlap(resting: Visit, zoom: float) -> None:
    resting.page.evaluate("(zoom) => { map_kepu.setZoom(zoom, {animate: false}); }", zoom)
    boxes = resting.page.locator(".kepu-label").evaluate_all(
        """(labels) => labels.map((label) => label.getBoundingClientRect())
          .map((b) => [b.left, b.right, b.top, b.bottom])"""
    )
    over = resting.page.locator(".over:visible").evaluate_all(
        """(parts) => parts.map((part) => part.getBoundingClientRect())
          .map((b) => [b.left, b.right, b.top, b.bottom])"""
    )
    assert len(boxes) >= (6 if zoom < 12 else 1)
    boxes = [*over, *boxes]
    for i, (left, right, top, bottom) in enumerate(boxes):
        for other in boxes[:i]:
            apart = left >= other[1] or other[0] >= right or top >= other[3] or other[2] >= bottom
            assert apart


def painted(visit: Visit, pane: str) -> int:
    """Return how many points of a sheet bear anything."""
    return int(
        visit.page.evaluate(
            """(pane) => {
              const canvas = map_kepu.getPane('kepu-' + pane).querySelector('canvas');
              const { width, height } = canvas;
              const copy = new OffscreenCanvas(width, height);
              const ctx = copy.getContext('2d', { willReadFrequently: true });
              ctx.drawImage(canvas, 0, 0);
              const { data } = ctx.getImageData(0, 0, width, height);
              let n = 0;
              for (let i = 3; i < data.length; i += 4) if (data[i]) n += 1;
              return n;
            }""",
            pane,
        )
    )


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


def test_map_colours_the_towns_by_class(resting: Visit, data: dict[str, Any]) -> None:
    shares = figures(data, "room").loc["town"].loc[list(TOWNS), "share"]
    fills = resting.page.evaluate("kepu.page.style.shareFills")
    edges = (0.6, 0.8, 0.9)
    seen = resting.page.evaluate(
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
    for selector in ("#review", ".notice", "#standard option", "#uses", "#basis", "#facts dt",
                     "#facts dd", "#towns button", "#flags b", "#flags .sentence",
                     "#flags .remedy", "#legend", "#group option", "#terms", "#types span",
                     "#measure", "#layers", ".kepu-label.town"):  # fmt: skip
        assert text in "".join(visit.texts(selector)), selector
    place = data["flags"]["id"].iloc[1]
    tab(visit, "flags")
    visit.page.locator("#flags button").nth(1).click()
    assert visit.text(".card h3").startswith(data["places"].at[place, "name"])
    assert data["flags"]["sentence"].iloc[1] in visit.text(".card .flagged")
    assert place in visit.text(".card .rows")
    visit.page.locator("#measure button").nth(2).click()
    assert text in visit.text("#headline .big")
    assert text in visit.text(".card .rows")
    tab(visit, "spread")
    assert visit.page.locator("#charts svg").count() == 2
    visit.page.keyboard.press("Escape")
    x, y = visit.go(data["venues"], "V005", 18)
    visit.page.mouse.move(x, y)
    assert text in visit.text(".kepu-tip")
    visit.page.mouse.click(x, y)
    assert text in visit.text(".card")
    visit.page.select_option("#standard", "rural")
    visit.page.fill("#search", text[:20])
    assert text in visit.text("#hits li")
    visit.page.keyboard.press("Enter")
    tab(visit, "towns")
    visit.page.locator("#towns button").first.click()
    assert text in visit.text(".card h3")
    assert text in visit.text(".card .plain th")
    visit.page.locator("#print").click()
    for selector in (
        "#sheet-title",
        "#sheet-sub",
        "#sheet-towns",
        "#sheet-sources",
        "#sheet-review",
    ):
        assert text in visit.text(selector), selector
    assert visit.page.evaluate("window.__x === undefined")
    assert visit.page.evaluate("document.images.length") == 0
    assert visit.requests == []
    assert visit.complaints == []
    visit.page.close()


@pytest.mark.parametrize(
    "hash_text",
    [
        "#standard=<img src=x onerror=window.__x=1>",
        *(
            pytest.param(text, marks=pytest.mark.slow)
            for text in ("#pick=t:%3Cscript%3E", "#at=,,", "#%")
        ),
    ],
)
def test_a_hostile_link_is_the_plain_page(chromium: Any, file: Path, hash_text: str) -> None:
    visit = Visit(chromium, file, at=hash_text)
    assert visit.text("#headline .big").endswith("%")
    assert visit.page.evaluate("window.__x === undefined")
    assert visit.complaints == []
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
