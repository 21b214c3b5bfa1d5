# ruff: noqa: F401, F811 (fixtures come from another file)
"""The page on paper, and tiles below the map."""

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

from .browsing import Visit, chromium, file, visit, written

pytestmark = pytest.mark.browser


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
