"""Opening the page in Chromium: one browser for all, one page that is set back between tests."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely

from kepu.maps.web import web_map

from .made_district import UNREACHED, nearest, reach_of, study

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


class Visit:
    """A page opened from a file, with all that it asked for and complained about."""

    def __init__(
        self, chromium: Any, path: Path, width: int = 1366, height: int = 768, at: str = ""
    ) -> None:
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self.page = chromium.new_page(viewport={"width": width, "height": height})
        self.page.set_default_timeout(30_000)
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

    def go(self, frame: Any, identity: str, zoom: float = 16) -> tuple[float, float]:
        at = frame.geometry[identity]
        self.page.evaluate(
            "([lat, lng, zoom]) => { map_kepu.setView([lat, lng], zoom, {animate: false}); }",
            [at.y, at.x, zoom],
        )
        return self.point(frame, identity)

    def set_back(self) -> None:
        """Make the page what it is when it has just been opened."""
        self.page.keyboard.press("Escape")
        self.page.mouse.move(5, 5)
        self.page.evaluate(
            """() => {
              document.querySelectorAll('details').forEach((one) => {
                one.open = one.id === 'legend-box';
              });
              document.getElementById('search').value = '';
              document.getElementById('say').textContent = '';
              document.activeElement.blur();
              kepu.page.store.set(kepu.page.store.defaults);
              kepu.page.fit(false);
            }"""
        )
        # a card that fades away still takes clicks
        self.page.locator(".leaflet-popup").wait_for(state="detached")


def share_text(share: float) -> str:
    """Return a share as the page prints it: rounded down to one decimal."""
    return f"{int(share * 1000 + 1e-9) / 10:.1f}%"


def printed(ticks: int) -> str:
    """Return ticks as the page prints them: minutes rounded up to one decimal."""
    return f"{-(-int(ticks) // 60) / 10:.1f} 分钟"


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


def tab(visit: Visit, name: str) -> None:
    visit.page.locator(f"#tab-{name}").click()


def choose(visit: Visit, **choice: Any) -> None:
    """Choose by hand, as a reader would."""
    visit.page.evaluate("document.getElementById('own').open = true")
    if "types" in choice:
        for wanted in (True, False):
            for box in visit.page.locator("#types input").all():
                if (box.input_value() in choice["types"]) == wanted:
                    box.set_checked(wanted)
    if "mode" in choice:
        visit.page.locator(f"#mode button[data-value={choice['mode']}]").click()
    for name in ("group", "area"):
        if name in choice:
            visit.page.select_option(f"#{name}", choice[name])
    for name in ("minutes", "goal"):
        if name in choice:
            visit.page.fill(f"#{name}", str(choice[name]))
            visit.page.keyboard.press("Tab")


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


def written(folder: Path, **changes: object) -> Path:
    path = folder / "map.html"
    path.write_text(web_map(**study(**changes)), encoding="utf-8", newline="\n")
    return path


OPEN: dict[str, Any] = {}
"""What is open until the end: the browser, and the page that tests share."""


@pytest.fixture(scope="session")
def chromium(request: pytest.FixtureRequest) -> Any:
    """Return the browser, started once."""
    if "browser" not in OPEN:
        names = ("chromium", "chromium-browser", "google-chrome")
        program = next(filter(None, map(shutil.which, names)), None)
        if program is None:
            if os.environ.get("KEPU_REQUIRE_BROWSER") == "1":
                pytest.fail("no Chromium found, and KEPU_REQUIRE_BROWSER=1")
            pytest.skip("no Chromium found")
        sync_api = pytest.importorskip("playwright.sync_api")
        running = sync_api.sync_playwright().start()
        OPEN["browser"] = running.chromium.launch(executable_path=program, args=ARGUMENTS)
        request.config.add_cleanup(running.stop)
        request.config.add_cleanup(OPEN["browser"].close)
    return OPEN["browser"]


@cache
def made_study() -> dict[str, Any]:
    return study()


@pytest.fixture
def data() -> dict[str, Any]:
    """Return the study of the shared page; whoever changes it makes one of his own."""
    return made_study()


@pytest.fixture(scope="session")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if "file" not in OPEN:
        OPEN["file"] = written(tmp_path_factory.mktemp("map"))
    return Path(OPEN["file"])


@pytest.fixture
def visit(chromium: Any, file: Path) -> Iterator[Visit]:
    """Show the page as if it had just been opened."""
    shared = OPEN.get("visit")
    if shared is None:
        shared = OPEN["visit"] = Visit(chromium, file)
    else:
        shared.set_back()
    yield shared
    faults = [*shared.requests, *shared.complaints]
    if faults:
        del OPEN["visit"]
        shared.page.close()
    assert faults == []
