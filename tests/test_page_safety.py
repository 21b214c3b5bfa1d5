# ruff: noqa: F401, F811 (fixtures come from another file)
"""The page and strangers: hostile text is only text, public pages tell less, all can read it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kepu.maps.web import web_map

from .browsing import Visit, choose, chromium, data, file, share_text, tab, visit, written
from .made_district import HOSTILE, Reach, counts, hostile_study, reach_of, study

pytestmark = pytest.mark.browser


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
    tab(visit, "flags")
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
    tab(visit, "list")
    for selector in ("#list b", "#list span", "#list-wishes option"):
        assert text in "".join(visit.texts(selector)), selector
    tab(visit, "spread")
    x, y = visit.go(data["venues"], "V005" + text, 18)
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
