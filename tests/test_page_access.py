"""Access of choices that are no standard: counted in the page and shown, or refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from .browsing import Visit, choose, chromium, data, file, tab, visit, written
from .made_district import TOWNS, ticks_between
from .test_whatif_use import Opened, opened, up_to_the_threshold

pytestmark = pytest.mark.browser

__all__ = ["chromium", "data", "file", "opened", "visit"]
ZONES = ((1 / 3, 1.0), (2 / 3, 0.68), (1.0, 0.22))
"""Luo & Qi 2009: shares of the limit, and the weights up to there."""
CHOICE: dict[str, Any] = {
    "types": ("school.maker", "rural.bookhouse"), "mode": "walk", "minutes": 24.5, "area": "all",
    "group": "farmers",
}  # fmt: skip
BUTTON = "#measure button[data-value=access]"


def weight(ticks: int, minutes: float) -> float:
    return next((w for share, w in ZONES if ticks <= minutes * share * 600 + 1e-6), 0.0)


def access(data: dict[str, Any], choice: dict[str, Any]) -> tuple[np.ndarray, np.ndarray]:
    """Return access for 10 000 of the group and how many of them share it, the plain way."""
    places, venues = data["places"], data["venues"]
    meant = places["rural"] if choice["area"] == "rural" else places["rural"] | True
    people = np.where(meant, places[choice["group"]], 0)
    used = venues[venues["type"].isin(choice["types"]) & (venues["status"] == "open")]
    found = np.zeros(len(places))
    for column in ticks_between(places, used.geometry, choice["mode"]).T:
        weights = np.array([weight(ticks, choice["minutes"]) for ticks in column])
        come = sum(float(n) * w for n, w in zip(people, weights, strict=True))
        found += 10_000 * weights / come if come else 0
    return found, people


def mean(found: np.ndarray, people: np.ndarray) -> str:
    return f"{(found * people).sum() / people.sum():#.3g}" if people.any() else "—"


def test_every_figure_follows_a_free_choice(opened: Opened, data: dict[str, Any]) -> None:
    visit = opened()
    visit.page.locator(BUTTON).click()
    for choice in (CHOICE, CHOICE | {"area": "rural"}, CHOICE | {"minutes": 9}):
        choose(visit, **choice)
        found, people = access(data, choice)
        all_of_them = mean(found, people)
        assert visit.text("#headline .big") == f"{all_of_them}处/万农民"
        assert visit.page.locator(BUTTON).get_attribute("aria-checked") == "true"
        rural = data["places"]["rural"].to_numpy(bool)
        sides = [mean(found, people * half) for half in (~rural, rural)]
        assert visit.texts("#headline .side .value") == sides
        towns = data["places"]["town"].to_numpy()
        told = dict(
            zip(visit.texts("#towns th"), visit.texts("#towns td:nth-child(3)"), strict=True)
        )
        assert told == {
            name: mean(found, people * (towns == code)) for code, (name, _) in TOWNS.items()
        }
        edge = float(found @ people / people.sum())
        assert visit.texts("#legend li span")[3] == f"< {edge / 2:#.3g} 不到一半"
        values = visit.page.evaluate("Array.from(kepu.page.view.measure.values)")
        right = np.where(people > 0, np.floor(found * 10_000 + 0.5), -1)
        assert np.abs(np.array(values) - right).max() == 0
    assert "两步移动搜索法" in visit.text("#basis")
    tab(visit, "spread")
    assert visit.page.locator("#charts svg").count() == 2


def test_a_place_and_the_sheet_tell_it(opened: Opened, data: dict[str, Any]) -> None:
    visit = opened()
    visit.page.locator(BUTTON).click()
    choose(visit, **CHOICE)
    found, people = access(data, CHOICE)
    at = int(np.argmax(found))
    visit.page.evaluate("(id) => kepu.page.focus('p:' + id)", data["places"].index[at])
    assert f"可达性{found[at]:#.3g} 处/万农民" in visit.text(".leaflet-popup .rows")
    visit.page.keyboard.press("Escape")
    visit.page.locator("#print").click()
    assert visit.text("#sheet-figures dd") == f"{mean(found, people)} 处/万农民"
    assert visit.text("#sheet-sub").startswith("可达性：自定义：")


def test_a_link_and_the_keyboard_lead_to_it(opened: Opened) -> None:
    visit = opened("#types=room.community,school.maker&mode=car&minutes=20&measure=access")
    assert visit.text("#headline .label") == "全区可达性"
    visit.page.locator(BUTTON).focus()
    visit.page.keyboard.press("ArrowLeft")
    assert visit.text("#headline .label").startswith("全区中位时间")
    visit.page.keyboard.press("ArrowRight")
    assert visit.text("#headline .label") == "全区可达性"


def test_access_follows_a_scenario(opened: Opened, data: dict[str, Any]) -> None:
    """Of a standard too: what it is now stays as analysed, what it would be is counted."""
    visit = opened()
    visit.page.locator(BUTTON).click()
    now = visit.text("#headline .big")
    venues = data["venues"]
    rooms = venues["type"].isin(["room.community", "civic.party"]) & (venues["status"] == "open")
    shut = list(venues.index[rooms])
    visit.page.evaluate("(close) => kepu.page.store.set({ close })", shut[1:])
    assert visit.text("#headline .label") == "全区可达性"
    venues = venues.loc[shut[:1]].assign(status="open")
    choice = {"types": list(venues["type"]), "mode": "walk", "minutes": 15, "area": "all",
              "group": "people"}  # fmt: skip
    found, people = access({"places": data["places"], "venues": venues}, choice)
    assert visit.text("#headline .big") == f"{mean(found, people)}处/万人"
    visit.page.evaluate("(close) => kepu.page.store.set({ close })", shut)
    refused(visit, "时限内没有人到达所选设施")
    visit.page.evaluate("kepu.page.store.set({ close: [] })")
    assert visit.text("#headline .big") == now


def refused(visit: Visit, why: str) -> None:
    """Look for a button that cannot be pressed, and the reason beside coverage."""
    button = visit.page.locator(BUTTON)
    assert button.is_disabled()
    assert why in str(button.get_attribute("title"))
    assert why in visit.text("#basis")
    assert visit.text("#basis").startswith("可达性不能显示，改按覆盖显示")
    assert visit.text("#headline .big").endswith("%")


def test_times_that_were_cut_are_no_access(opened: Opened) -> None:
    visit = opened(most_bytes=up_to_the_threshold())
    visit.page.locator(BUTTON).click()
    visit.page.evaluate("kepu.page.store.set({ minutes: 14 })")
    assert visit.text("#headline .label") == "全区可达性"
    visit.page.evaluate("kepu.page.store.set({ minutes: 15.1 })")
    refused(visit, "本页只载有 15 分钟以内的时间")


def test_nobody_within_the_limit_is_said(opened: Opened) -> None:
    visit = opened()
    visit.page.locator(BUTTON).click()
    visit.page.evaluate("kepu.page.store.set({ minutes: 0.01 })")
    refused(visit, "时限内没有人到达所选设施")


def test_a_page_without_all_times_tells_standards_only(visit: Visit) -> None:
    visit.page.locator(BUTTON).click()
    assert visit.text("#headline .label") == "全区可达性"
    visit.page.evaluate("kepu.page.store.set({ minutes: 20 })")
    refused(visit, "只有评价标准的可达性")


def test_a_limit_beyond_what_was_searched_is_refused(chromium: Any, tmp_path: Any) -> None:
    page = Visit(chromium, written(tmp_path, longest_minutes=40), at="#minutes=41")
    assert page.page.input_value("#minutes") == "15"
    assert page.page.get_attribute("#slide", "max") == "40"
    choose(page, minutes=40.5)
    assert page.text("#say") == "请输入 1 到 40 之间的数。"
    choose(page, minutes=40)
    assert page.page.evaluate("kepu.page.answer.choice.minutes") == 40
    page.page.close()
