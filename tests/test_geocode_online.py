"""Geocoding services, played by a server on this computer: replies, faults, and the key unsaid."""

from __future__ import annotations

import json
import logging
import math
import pickle
import shutil
import socket
import sqlite3
import threading
import traceback
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pandas as pd
import pytest
from geopandas import GeoDataFrame
from shapely.geometry import box
from typer.testing import CliRunner

from kepu.cli import app
from kepu.geo.crs import WGS84, gcj02_to_bd09, metric_crs, wgs84_to_gcj02
from kepu.geo.errors import messages
from kepu.layers.asking import Client, GeocodeError, NoReplyError, Secret
from kepu.layers.geocode_online import ReplyCache, geocode_table, provider_named
from kepu.layers.providers import KEY_VARIABLES, PROVIDERS, Provider, Reply

DATA = Path(__file__).parents[1] / "data" / "boundaries"
CANARY = "canary+4f/2e9&b1@x"
"""A key whose every spelling in a URL is another one."""
SPELT = (CANARY, "canary%2B4f%2F2e9%26b1%40x", "canary+4f%2F2e9%26b1%40x", "canary")
DISTRICT = "广东省清远市清城区"
SPOT = (113.15, 23.65)
Script = Callable[[str, dict[str, str]], tuple[int, bytes]]


class Stub:
    """A service; `script` turns number of the call and its parameters into status and body."""

    def __init__(self) -> None:
        self.calls: list[dict[str, str]] = []
        self.agents: list[str] = []
        self.headers: dict[str, str] = {}
        self.script: Script = lambda _text, _asked: (200, b"{}")
        stub = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked = {k: v[0] for k, v in parse_qs(urlsplit(self.path).query).items()}
                stub.calls.append(asked)
                stub.agents.append(self.headers.get("User-Agent", ""))
                status, body = stub.script(str(len(stub.calls)), asked)
                self.send_response(status)
                for name, value in stub.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.handle_error = lambda *_: None  # type: ignore[method-assign]
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/geo"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True)
        self.thread.start()

    def close(self) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()

    def say(self, *replies: tuple[int, Any]) -> None:
        """Give these replies in order, the last one for ever."""
        bodies = [
            (status, body if isinstance(body, bytes) else json.dumps(body).encode())
            for status, body in replies
        ]
        self.script = lambda number, _: bodies[min(int(number), len(bodies)) - 1]


class Clock:
    """Time that passes only while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0
        self.sleeps: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self.now += seconds

    def client(self, **options: Any) -> Client:
        plain = {"clock": lambda: self.now, "sleep": self.sleep, "timeout_seconds": 5.0}
        return Client(**{**plain, **options})


@pytest.fixture(autouse=True)
def loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing but this computer may be spoken to."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        assert address[0] == "127.0.0.1", "a test spoke to the network"
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)
    for name in ("http_proxy", "HTTP_PROXY"):
        monkeypatch.setenv(name, "http://192.0.2.1:9")


@pytest.fixture(autouse=True)
def quick_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Do not wait for the disk: what a killed process wrote is there all the same."""
    connect = sqlite3.connect

    def quick(*args: Any, **options: Any) -> sqlite3.Connection:
        connection = connect(*args, **options)
        connection.execute("PRAGMA synchronous = OFF")
        return connection

    monkeypatch.setattr(sqlite3, "connect", quick)


@pytest.fixture
def stub() -> Iterator[Stub]:
    made = Stub()
    yield made
    made.close()


@pytest.fixture(scope="module")
def towns() -> GeoDataFrame:
    """Two squares of 10 km side by side, 凤城街道 west of 113.1 E and 源潭镇 east of it."""
    return GeoDataFrame(
        {"name": ["凤城街道", "源潭镇"]},
        geometry=[box(113.0, 23.6, 113.1, 23.7), box(113.1, 23.6, 113.21, 23.7)],
        index=pd.Index(["441802006", "441802103"], name="town"),
        crs=WGS84,
    ).to_crs(metric_crs(113.05, 23.65))


def made(name: str, stub: Stub, **options: Any) -> Provider:
    environment = {KEY_VARIABLES[name]: CANARY}
    client = options.pop("client", None) or Clock().client(**options)
    return provider_named(name, client=client, url=stub.url, environment=environment)


def amap(*spots: tuple[float, float], level: str = "兴趣点", name: str = "某地") -> dict[str, Any]:
    shifted = [wgs84_to_gcj02(np.array(lon), np.array(lat)) for lon, lat in spots]
    places = [
        {"formatted_address": name, "location": f"{float(x):.6f},{float(y):.6f}", "level": level}
        for x, y in shifted
    ]
    return {"status": "1", "info": "OK", "infocode": "10000", "count": str(len(places)),
            "geocodes": places}  # fmt: skip


def amap_fault(code: str) -> dict[str, Any]:
    return {"status": "0", "info": f"REFUSED {CANARY}", "infocode": code}


def tianditu(lon: float, lat: float, level: str = "门址", score: int = 100) -> dict[str, Any]:
    place = {"lon": str(lon), "lat": lat, "level": level, "score": score, "keyWord": "某地"}
    return {"msg": "ok", "location": place, "searchVersion": "6.4.9V", "status": "0"}


def baidu(lon: float, lat: float, level: str = "门址", score: int = 100) -> dict[str, Any]:
    x, y = gcj02_to_bd09(*wgs84_to_gcj02(np.array(lon), np.array(lat)))
    return {"status": 0, "result": {
        "location": {"lng": float(x), "lat": float(y)}, "precise": 1, "confidence": 80,
        "comprehension": score, "level": level}}  # fmt: skip


def nominatim(lon: float, lat: float, rank: int = 30, **more: str) -> list[dict[str, Any]]:
    place = {"display_name": "某地, 源潭镇", "lon": str(lon), "lat": str(lat), "place_rank": rank,
             "category": "amenity", "type": "school", "addresstype": "amenity"}  # fmt: skip
    return [{**place, **more}]


GOOD = {
    "amap": amap(SPOT), "tianditu": tianditu(*SPOT), "baidu": baidu(*SPOT),
    "nominatim": nominatim(*SPOT),
}  # fmt: skip


def table(
    stub: Stub, towns: GeoDataFrame, folder: Path, *addresses: str, name: str = "amap",
    town: str = "", client: Client | None = None, cache: ReplyCache | None = None, **options: Any,
) -> pd.DataFrame:  # fmt: skip
    rows = pd.DataFrame({"address": list(addresses), "town": town})
    provider = made(name, stub, client=client)
    cache = cache or ReplyCache(folder / "replies.sqlite")
    return geocode_table(rows, provider, cache, towns, district=DISTRICT, **options)


# Replies


@pytest.mark.parametrize("name", sorted(PROVIDERS))
def test_a_place(name: str, stub: Stub, towns: GeoDataFrame, tmp_path: Path) -> None:
    stub.say((200, GOOD[name]))
    found = table(stub, towns, tmp_path, "源潭镇青龙村某地", name=name).iloc[0]
    assert (found["lon"], found["lat"]) == pytest.approx(SPOT, abs=2e-6)
    assert found["verdict"] == ""
    assert found["grade"] == {"amap": "C", "nominatim": "C"}.get(name, "B")
    assert found["provider"] == name
    assert found["datum"] == PROVIDERS[name].datum
    assert math.isnan(found["score"]) == (name in ("amap", "nominatim"))


@pytest.mark.parametrize("name", sorted(PROVIDERS))
def test_what_is_asked(name: str, stub: Stub, towns: GeoDataFrame, tmp_path: Path) -> None:
    stub.say((200, GOOD[name]))
    table(stub, towns, tmp_path, " 清城区源潭鎮青龍村１２號", name=name)
    (asked,) = stub.calls
    text = "广东省清远市清城区源潭镇青龙村12号"
    field, key = {
        "amap": ("address", "key"), "tianditu": ("ds", "tk"), "baidu": ("address", "ak"),
        "nominatim": ("q", "email"),
    }[name]  # fmt: skip
    assert asked[key] == CANARY
    assert text in asked[field]
    if name == "tianditu":
        assert json.loads(asked["ds"]) == {"keyWord": text}
    if name == "nominatim":
        assert stub.agents == [f"kepu ({CANARY})"]
    else:
        assert CANARY not in stub.agents[0]


NOTHING = {
    "amap": amap(), "tianditu": {"msg": "没有查询结果", "status": "101"},
    "baidu": {"status": 1, "msg": "Internal Service Error:无相关结果", "results": []},
    "nominatim": [],
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(PROVIDERS))
def test_no_result_is_remembered(
    name: str, stub: Stub, towns: GeoDataFrame, tmp_path: Path
) -> None:
    stub.say((200, NOTHING[name]))
    for _ in range(2):
        found = table(stub, towns, tmp_path, "源潭镇无名村", name=name)
        assert found["verdict"].tolist() == ["Q-GEOCODE-NONE"]
        assert found[["lon", "lat"]].isna().all(axis=None)
    assert len(stub.calls) == 1


LEVELS = [
    ("amap", amap(SPOT, level="门牌号"), "B"), ("amap", amap(SPOT, level="村庄"), "D"),
    ("amap", amap(SPOT, level="乡镇"), ""), ("amap", amap(SPOT, level="区县"), ""),
    ("amap", amap(SPOT, level="道路"), ""), ("amap", amap(SPOT, level="未知"), ""),
    ("amap", amap(SPOT, level="新的级别"), ""),
    ("tianditu", tianditu(*SPOT, level="POI"), "C"),
    ("tianditu", tianditu(*SPOT, level="区县"), ""),
    ("baidu", baidu(*SPOT, level="教育"), "C"), ("baidu", baidu(*SPOT, level="村庄"), "D"),
    ("baidu", baidu(*SPOT, level="乡镇"), ""), ("baidu", baidu(*SPOT, level="UNKNOWN"), ""),
    ("nominatim", nominatim(*SPOT, 30, category="building", type="yes"), "B"),
    ("nominatim", nominatim(*SPOT, 20), "D"), ("nominatim", nominatim(*SPOT, 16), ""),
    ("nominatim", nominatim(*SPOT, 26), ""),
]  # fmt: skip


@pytest.mark.parametrize(("name", "reply", "grade"), LEVELS)
def test_levels(
    name: str, reply: Any, grade: str, stub: Stub, towns: GeoDataFrame, tmp_path: Path
) -> None:
    stub.say((200, reply))
    found = table(stub, towns, tmp_path, "源潭镇青龙村", name=name).iloc[0]
    assert found["grade"] == grade
    assert found["verdict"] == ("" if grade else "Q-GEOCODE-COARSE")
    assert math.isnan(found["lon"]) == (not grade)


def test_a_reply_that_was_hardly_understood(
    stub: Stub, towns: GeoDataFrame, tmp_path: Path
) -> None:
    stub.say((200, baidu(*SPOT, score=40)))
    assert table(stub, towns, tmp_path, "源潭镇甲", name="baidu")["verdict"][0] == "Q-GEOCODE-SCORE"


def test_the_stated_town(stub: Stub, towns: GeoDataFrame, tmp_path: Path) -> None:
    stub.say((200, amap((113.05, 23.62))))
    verdicts = [
        table(stub, towns, tmp_path, address, town=town)["verdict"][0]
        for address, town in (
            ("源潭镇甲", ""), ("甲", "源潭镇"), ("甲", "凤城街道"), ("甲", ""),
            ("源潭镇甲", "凤城街道"), ("甲", "太和镇"), ("", "源潭镇"),
        )
    ]  # fmt: skip
    assert verdicts == [
        "Q-GEOCODE-TOWN", "Q-GEOCODE-TOWN", "", "", "Q-GEOCODE-TOWN", "Q-GEOCODE-UNKNOWN-TOWN",
        "Q-ADDRESS-EMPTY",
    ]  # fmt: skip
    assert len(stub.calls) == 3, "one text is asked once, one that cannot be checked never"
    stub.say((200, amap((113.5, 23.62))))
    assert table(stub, towns, tmp_path, "乙")["verdict"][0] == "Q-GEOCODE-TOWN"
    near = table(stub, towns, tmp_path, "乙", reach_metres=40_000.0)
    assert near["verdict"][0] == ""


def test_the_middle_of_a_town(stub: Stub, towns: GeoDataFrame, tmp_path: Path) -> None:
    middle = towns.to_crs(towns.crs).geometry["441802103"].centroid
    lon, lat = GeoDataFrame(geometry=[middle], crs=towns.crs).to_crs(WGS84).geometry[0].coords[0]
    stub.say((200, amap((lon, lat))))
    assert table(stub, towns, tmp_path, "源潭镇甲")["verdict"][0] == "Q-GEOCODE-COARSE"


def test_several_places(stub: Stub, towns: GeoDataFrame, tmp_path: Path) -> None:
    stub.say((200, amap(SPOT, (113.18, 23.62))))
    found = table(stub, towns, tmp_path, "源潭镇甲").iloc[0]
    assert found["verdict"] == "Q-GEOCODE-SEVERAL"
    assert found["answer"].count("某地(") == 2
    stub.say((200, amap(SPOT, (113.05, 23.62), (113.1501, 23.6501))))
    assert table(stub, towns, tmp_path, "源潭镇乙")["verdict"][0] == "", "one elsewhere, two beside"


# Faults

STOPS = [
    ("amap", 200, amap_fault("10001"), "E-GEOCODE-KEY-REFUSED", 1),
    ("amap", 200, amap_fault("10009"), "E-GEOCODE-KEY-REFUSED", 1),
    ("amap", 200, amap_fault("10003"), "E-GEOCODE-QUOTA", 1),
    ("amap", 200, amap_fault("10044"), "E-GEOCODE-QUOTA", 1),
    ("amap", 200, amap_fault("10014"), "E-GEOCODE-QUOTA", 3),
    ("tianditu", 200, {"code": 301012, "msg": "超出访问量限制"}, "E-GEOCODE-QUOTA", 1),
    ("tianditu", 200, {"code": 301003, "msg": "非法Key"}, "E-GEOCODE-KEY-REFUSED", 1),
    ("tianditu", 403, {"msg": "非法Key"}, "E-GEOCODE-KEY-REFUSED", 1),
    ("baidu", 200, {"status": 302, "message": "天配额超限"}, "E-GEOCODE-QUOTA", 1),
    ("baidu", 200, {"status": 301, "message": "永久配额超限"}, "E-GEOCODE-QUOTA", 1),
    ("baidu", 200, {"status": 401, "message": "并发"}, "E-GEOCODE-QUOTA", 3),
    ("baidu", 200, {"status": 240, "message": "APP 服务被禁用"}, "E-GEOCODE-KEY-REFUSED", 1),
    ("baidu", 200, {"status": 5, "message": CANARY}, "E-GEOCODE-KEY-REFUSED", 1),
    ("nominatim", 403, b"blocked", "E-GEOCODE-KEY-REFUSED", 1),
    ("nominatim", 429, b"slow down", "E-GEOCODE-QUOTA", 3),
]  # fmt: skip


@pytest.mark.parametrize(("name", "status", "body", "code", "calls"), STOPS)
def test_key_and_quota_stop(
    name: str, status: int, body: Any, code: str, calls: int,
    stub: Stub, towns: GeoDataFrame, tmp_path: Path,
) -> None:  # fmt: skip
    stub.say((200, GOOD[name]), (status, body))
    with pytest.raises(GeocodeError) as error:
        table(stub, towns, tmp_path, "源潭镇甲", "源潭镇乙", "源潭镇丙", "源潭镇甲", name=name)
    assert error.value.faults[0].code == code
    assert len(stub.calls) == 1 + calls
    assert error.value.table is not None
    asked = ["", "Q-GEOCODE-UNASKED", "Q-GEOCODE-UNASKED", ""]
    assert error.value.table["verdict"].tolist() == asked
    stub.say((200, GOOD[name]))
    stub.calls.clear()
    found = table(stub, towns, tmp_path, "源潭镇甲", "源潭镇乙", "源潭镇丙", name=name)
    assert (found["verdict"] == "").all()
    assert len(stub.calls) == 2


BAD = [
    (500, b"oops", 3), (502, b"", 3), (200, b'{"status": "1", "geocodes": [', 3),
    (200, b"<html>login</html>", 3), (200, b"", 3), (200, b"[]", 3), (200, b"null", 3),
    (200, {"status": "1", "infocode": "10000", "geocodes": [{"location": "here"}]}, 3),
    (200, amap((0.0, 0.0)), 3), (200, b"[" * 100_000, 3), (200, b" " * 1_000_001, 3),
    (200, amap_fault("30001"), 1), (200, amap_fault("20000"), 1), (200, amap_fault("10016"), 3),
    (404, b"", 3),
]  # fmt: skip


@pytest.mark.parametrize(("status", "body", "calls"), BAD)
def test_one_bad_reply_is_one_row(
    status: int, body: Any, calls: int, stub: Stub, towns: GeoDataFrame, tmp_path: Path
) -> None:
    bad = [(status, body)] * calls
    stub.say((200, GOOD["amap"]), *bad, (200, GOOD["amap"]))
    found = table(stub, towns, tmp_path, "源潭镇甲", "源潭镇乙", "源潭镇丙")
    assert found["verdict"].tolist() == ["", "Q-GEOCODE-REPLY", ""]
    assert len(stub.calls) == 2 + calls
    assert table(stub, towns, tmp_path, "源潭镇乙")["verdict"].tolist() == [""], "asked again"


def test_a_service_that_is_down_stops(stub: Stub, towns: GeoDataFrame, tmp_path: Path) -> None:
    stub.say((500, b""))
    with pytest.raises(GeocodeError) as error:
        table(stub, towns, tmp_path, *(f"源潭镇甲{i}" for i in range(9)))
    assert error.value.faults[0].code == "E-GEOCODE-SERVICE"
    assert len(stub.calls) == 9
    stub.close()
    with pytest.raises(GeocodeError) as error:
        table(stub, towns, tmp_path, *(f"源潭镇甲{i}" for i in range(9)))
    assert "ConnectionRefusedError" in str(error.value)


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_passing_fault_is_waited_for(status: int, stub: Stub) -> None:
    clock = Clock()
    stub.say((status, b""), (status, b""), (200, GOOD["amap"]))
    (reply,) = made("amap", stub, client=clock.client()).ask("甲")
    assert reply.level == "兴趣点"
    assert clock.sleeps == [1.0, 2.0]


def test_the_service_says_how_long_to_wait(stub: Stub) -> None:
    clock = Clock()
    stub.headers["Retry-After"] = "30"
    stub.say((429, b""), (429, b""), (200, GOOD["amap"]))
    made("amap", stub, client=clock.client()).ask("甲")
    assert sum(clock.sleeps) >= 60


def test_one_request_a_second(stub: Stub) -> None:
    clock = Clock()
    stub.say((200, GOOD["amap"]))
    provider = made("amap", stub, client=clock.client())
    for _ in range(5):
        provider.ask("甲")
    assert clock.now == pytest.approx(4.0)
    fast = made("amap", stub, client=clock.client(per_second=10.0))
    for _ in range(5):
        fast.ask("甲")
    assert clock.now == pytest.approx(4.4)


def test_timeout(stub: Stub) -> None:
    gone = threading.Event()

    def late(_: str, __: dict[str, str]) -> tuple[int, bytes]:
        gone.wait(2)
        return 200, b"{}"

    stub.script = late
    with pytest.raises(NoReplyError) as error:
        made("amap", stub, timeout_seconds=0.05, tries=2).ask("甲")
    gone.set()
    assert "TimeoutError" in str(error.value)
    assert len(stub.calls) == 2


def test_a_redirect_is_refused(stub: Stub) -> None:
    other = Stub()
    stub.headers["Location"] = other.url
    stub.say((302, b""))
    with pytest.raises(GeocodeError) as error:
        made("amap", stub).ask("甲")
    other.close()
    assert error.value.faults[0].code == "E-GEOCODE-REDIRECT"
    assert other.calls == []
    assert len(stub.calls) == 1


@pytest.mark.parametrize(
    "url",
    [
        "http://restapi.amap.com/geo", "ftp://127.0.0.1/geo", "file:///etc/passwd", "geo", "",
        "https:///geo", "https://u@host/geo", "https://host/geo?x=1", "https://[::1/geo",
        f"http://{CANARY}/",
    ],
)  # fmt: skip
def test_where_a_key_is_not_sent(url: str) -> None:
    with pytest.raises(GeocodeError) as error:
        provider_named("amap", url=url, environment={"KEPU_AMAP_KEY": CANARY}).ask("甲")
    assert error.value.faults[0].code == "E-GEOCODE-URL"
    assert not any(spelt in str(error.value) for spelt in SPELT)


def test_keys_come_from_the_environment() -> None:
    for name, variable in KEY_VARIABLES.items():
        for key in ("", "  ", "two words", "密钥", "a\nb"):
            with pytest.raises(GeocodeError) as error:
                provider_named(name, environment={variable: key})
            assert error.value.faults[0].code == "E-GEOCODE-KEY"
            assert variable in str(error.value)
    with pytest.raises(GeocodeError) as error:
        provider_named("google", environment={})
    assert error.value.faults[0].code == "E-GEOCODE-PROVIDER"
    assert set(KEY_VARIABLES) == set(PROVIDERS)


# Kept


class Forgetful(ReplyCache):
    """Writes nothing down."""

    def find(self, provider: str, text: str) -> list[Reply] | None:
        return None

    def keep(self, provider: str, text: str, replies: list[Reply]) -> None:
        pass


def test_killed_and_resumed(stub: Stub, towns: GeoDataFrame, tmp_path: Path) -> None:
    """After any number of 200 replies: 200 calls in total, and the same table."""

    def answer(_: str, asked: dict[str, str]) -> tuple[int, bytes]:
        number = int(asked["address"].rpartition("甲")[2])
        reply = amap((113.11 + number * 4e-4, 23.61 + number * 1e-4), name=f"第{number}处")
        return 200, json.dumps(reply).encode()

    stub.script = answer
    addresses = [f"源潭镇甲{number}" for number in range(200)]
    whole = table(stub, towns, tmp_path, *addresses, cache=Forgetful(tmp_path))
    assert len(stub.calls) == 200
    assert (whole["verdict"] == "").all()
    stub.calls.clear()
    for kill in (1, 40, 111, 199):

        def die(done: int, _: int, kill: int = kill) -> None:
            if done == kill:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            table(stub, towns, tmp_path / "cut", *addresses, progress=die)
        assert len(stub.calls) == kill
    resumed = table(stub, towns, tmp_path / "cut", *addresses)
    assert len(stub.calls) == 200
    pd.testing.assert_frame_equal(resumed, whole)
    stub.close()
    pd.testing.assert_frame_equal(table(stub, towns, tmp_path / "cut", *addresses), whole)


def test_the_cache(tmp_path: Path) -> None:
    cache = ReplyCache(tmp_path / "new" / "replies.sqlite")
    reply = Reply("某地", 113.1, 23.6, "兴趣点", "C", math.nan)
    assert cache.find("amap", "甲") is None
    cache.keep("amap", "甲", [reply])
    cache.keep("amap", "乙", [])
    (found,) = cache.find("amap", "甲") or []
    assert repr(found) == repr(reply)
    assert cache.find("amap", "乙") == []
    assert cache.find("baidu", "甲") is None
    with sqlite3.connect(cache.path) as connection:
        connection.execute("UPDATE replies SET replies = '[{}]'")
    connection.close()
    assert cache.find("amap", "甲") is None, "what cannot be read is asked again"


def test_a_damaged_cache_stops_before_money_is_spent(
    stub: Stub, towns: GeoDataFrame, tmp_path: Path
) -> None:
    (tmp_path / "replies.sqlite").write_bytes(b"not a database" * 100)
    stub.say((200, GOOD["amap"]))
    with pytest.raises(GeocodeError) as error:
        table(stub, towns, tmp_path, "源潭镇甲", "源潭镇乙")
    assert error.value.faults[0].code == "E-GEOCODE-CACHE"
    assert stub.calls == []


# The canary


def leaks(text: str) -> list[str]:
    return [spelt for spelt in SPELT if spelt in text]


def everything(error: BaseException | None) -> str:
    """All that an exception could show: its texts, its chain, its faults, its traceback."""
    parts = []
    while error is not None:
        parts += [str(error), repr(error), repr(vars(error)), repr(error.args)]
        parts += traceback.format_exception(error)
        error = error.__cause__ or error.__context__
    return "\n".join(parts)


@pytest.mark.parametrize("name", sorted(PROVIDERS))
def test_the_key_is_never_said(
    name: str, stub: Stub, towns: GeoDataFrame, tmp_path: Path,
    caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    """Every reply and fault repeats the key; nothing that is kept, shown or raised does."""
    caplog.set_level(logging.DEBUG)
    echo = json.dumps(GOOD[name], ensure_ascii=False).replace("某地", f"某地 {CANARY}")
    location = f"https://example.org/?key={CANARY}"
    said = []
    faults = [
        (200, echo.encode()), (403, CANARY.encode()), (429, CANARY.encode()),
        (500, CANARY.encode()), (302, CANARY.encode()), (200, f'{{"{CANARY}'.encode()),
        (200, json.dumps({"status": CANARY, "infocode": CANARY, "code": CANARY}).encode()),
        (200, json.dumps({"status": 302, "infocode": "10044", "message": CANARY}).encode()),
    ]  # fmt: skip
    stub.headers["Location"] = location
    for number, (status, body) in enumerate(faults):
        stub.say((status, body))
        provider = made(name, stub)
        cache = ReplyCache(tmp_path / "replies.sqlite")
        rows = pd.DataFrame({"address": [f"源潭镇甲{number}{i}" for i in range(4)]})
        try:
            found = geocode_table(rows, provider, cache, towns, district=DISTRICT)
            said.append(found.to_csv())
        except GeocodeError as error:
            said += [everything(error), str(error.table)]
        said += [repr(provider), str(provider), repr(provider.__dict__)]
    assert all(asked[next(k for k in asked if k in ("key", "tk", "ak", "email"))] == CANARY
               for asked in stub.calls)  # fmt: skip
    written = [path.read_bytes().decode("utf-8", "replace") for path in tmp_path.rglob("*.*")]
    assert written
    captured = capsys.readouterr()
    for text in (*said, *written, caplog.text, captured.out, captured.err):
        assert leaks(text) == []


def test_a_secret() -> None:
    secret = Secret(CANARY)
    assert leaks(f"{secret} {secret!r} {[secret]}") == []
    assert secret.strike(f"a {CANARY} b {SPELT[1]}") == "a *** b ***"
    assert not Secret("")
    assert Secret("").strike("abc") == "abc"
    with pytest.raises(TypeError):
        pickle.dumps(secret)


def test_every_code_has_its_texts() -> None:
    assert len([code for code in messages() if "GEOCODE" in code]) >= 15


def test_the_command_writes_a_table_to_review(
    stub: Stub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Asked twice, the second time from the cache; without a key nothing is asked at all."""
    for name in ("study.toml", "towns.geojson", "demand.csv", "venues.csv"):
        shutil.copy(DATA / name, tmp_path)
    table = pd.read_csv(tmp_path / "venues.csv", dtype=str, encoding="utf-8-sig").fillna("")
    table.loc[:2, ["经度", "纬度"]] = ""
    table.loc[:2, ["所属镇街", "地址"]] = ["源潭镇", "源潭镇某路 1号"]
    table.to_csv(tmp_path / "venues.csv", index=False, encoding="utf-8")
    stub.say((200, amap(SPOT, level="兴趣点")))
    monkeypatch.setattr("kepu.commands_inputs.cache_folder", lambda: tmp_path / "cache")
    out = tmp_path / "核对.csv"
    asked = ["geocode", str(tmp_path / "study.toml"), "--out", str(out), "--url", stub.url]
    monkeypatch.delenv("KEPU_AMAP_KEY", raising=False)
    refused = CliRunner().invoke(app, asked)
    assert (refused.exit_code, len(stub.calls)) == (3, 0)
    assert "E-GEOCODE-KEY" in refused.output
    monkeypatch.setenv("KEPU_AMAP_KEY", CANARY)
    for _ in range(2):
        done = CliRunner().invoke(app, asked)
        assert done.exit_code == 0, done.output
        found = pd.read_csv(out, dtype=str, encoding="utf-8-sig", keep_default_na=False)
        assert found["行"].tolist() == ["2", "3", "4"]
        assert set(found["provider"]) == {"amap"}
        assert len(stub.calls) == 1, "one address, asked once"
        assert not leaks(done.output + out.read_text("utf-8-sig"))
    assert not (tmp_path / "核对-old.csv").exists()
    out.write_text("reviewed", "utf-8")
    assert CliRunner().invoke(app, asked).exit_code == 0
    assert (tmp_path / "核对-old.csv").read_text("utf-8") == "reviewed"
    assert "provider" in out.read_text("utf-8-sig")
    asked[3] = str(tmp_path / "nowhere" / "核对.csv")
    refused = CliRunner().invoke(app, asked)
    assert refused.exit_code == 3
    assert "E-OUT-WRITE" in refused.output
