"""
Geocoding services: AMap, Tianditu, Baidu and Nominatim, each in its datum and with its grades.

Sources of the replies, levels and codes: the services' own documentation (AMap: geocoding and
error codes of the Web service API; Tianditu: geocoding interface; Baidu: Geocoding V3 and status
codes; Nominatim: search API and output, usage policy). Their terms say what may be stored.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol

from ..geo.errors import Fault
from .asking import BusyError, Client, GeocodeError, NoReplyError, Secret

NAN = math.nan


@dataclass(frozen=True)
class Reply:
    """
    One place that a service names.

    Parameters
    ----------
    name
        The place as the service writes it.
    lon, lat
        Degrees in the datum of the service.
    level
        The service's own word for how precise it is.
    grade
        The same as A to E; E is too coarse for a venue.
    score
        How well the service understood the address, 0 to 1; NaN where it does not say.
    """

    name: str
    lon: float
    lat: float
    level: str
    grade: str
    score: float


class Provider(Protocol):
    """A service that answers the text of an address with places."""

    @property
    def name(self) -> str:
        """Its name in messages, caches and tables."""

    @property
    def datum(self) -> str:
        """The datum of its replies, one of `geo.crs.DATUMS`."""

    def ask(self, text: str) -> list[Reply]:
        """
        Return the places that a text may mean, best first; an empty list where there is none.

        Raises
        ------
        GeocodeError
            The service does not go on: key, quota.
        NoReplyError
            No usable reply to this text.
        """


def _stop(code: str, provider: str, problem: object) -> GeocodeError:
    return GeocodeError(Fault(code, facts={"provider": provider, "problem": problem}))


def _unclear(provider: str, problem: object) -> NoReplyError:
    """Make the error of a reply that asking again would not mend."""
    return NoReplyError(Fault("Q-GEOCODE-REPLY", facts={"provider": provider, "problem": problem}))


def _reply(
    name: object, lon: object, lat: object, level: object, grade: str, score: float
) -> Reply:
    """Make a reply; ValueError where the coordinates are no degrees."""
    x, y = float(str(lon)), float(str(lat))
    if not (-180 <= x <= 180 and -90 <= y <= 90) or (x == 0 and y == 0):
        raise ValueError("not degrees")
    return Reply(str(name or ""), x, y, str(level or ""), grade, score)


@dataclass(frozen=True)
class AMap:
    """高德: GCJ-02."""

    key: Secret
    client: Client = field(default_factory=Client, repr=False)
    url: str = "https://restapi.amap.com/v3/geocode/geo"

    name: ClassVar[str] = "amap"
    datum: ClassVar[str] = "GCJ02"
    grades: ClassVar[Mapping[str, str]] = {
        **dict.fromkeys(("门牌号", "单元号", "门址"), "B"),
        **dict.fromkeys(("兴趣点", "道路交叉路口", "公交站台、地铁站", "公交站台", "地铁站"), "C"),
        **dict.fromkeys(("村庄", "热点商圈"), "D"),
    }
    quota: ClassVar[frozenset[str]] = frozenset(
        "10003 10010 10029 10044 10045 40000 40002 40003".split()
    )
    refused: ClassVar[frozenset[str]] = frozenset(
        "10001 10002 10005 10006 10007 10008 10009 10011 10012 10013 10026 10041".split()
    )
    rate: ClassVar[frozenset[str]] = frozenset("10004 10014 10019 10020 10021".split())
    busy: ClassVar[frozenset[str]] = rate | frozenset("10015 10016 10017 20003".split())

    def ask(self, text: str) -> list[Reply]:
        """Ask for an address; see `Provider`."""
        parameters = {"address": text, "output": "JSON"}
        return self.client.ask(self.name, self.url, parameters, ("key", self.key), self._read)

    def _read(self, reply: Any) -> list[Reply]:
        if str(reply["status"]) != "1":
            code = str(reply["infocode"])
            if code in self.quota:
                raise _stop("E-GEOCODE-QUOTA", self.name, code)
            if code in self.refused:
                raise _stop("E-GEOCODE-KEY-REFUSED", self.name, code)
            if code in self.busy:
                raise BusyError("E-GEOCODE-QUOTA" if code in self.rate else "Q-GEOCODE-REPLY", code)
            raise _unclear(self.name, code)
        found = []
        for place in reply["geocodes"]:
            lon, lat = str(place["location"]).split(",")
            level = place["level"]
            grade = self.grades.get(str(level), "E")
            found.append(_reply(place["formatted_address"], lon, lat, level, grade, NAN))
        return found


@dataclass(frozen=True)
class Tianditu:
    """天地图: CGCS2000."""

    key: Secret
    client: Client = field(default_factory=Client, repr=False)
    url: str = "https://api.tianditu.gov.cn/geocoder"

    name: ClassVar[str] = "tianditu"
    datum: ClassVar[str] = "CGCS2000"
    grades: ClassVar[Mapping[str, str]] = {
        **dict.fromkeys(("门址", "门牌号"), "B"),
        **dict.fromkeys(("POI", "poi", "兴趣点"), "C"),
        **dict.fromkeys(("地名地址", "村庄", "行政村", "自然村", "社区", "村"), "D"),
    }
    nothing: ClassVar[frozenset[str]] = frozenset({"101"})

    def ask(self, text: str) -> list[Reply]:
        """Ask for an address; see `Provider`."""
        parameters = {"ds": json.dumps({"keyWord": text}, ensure_ascii=False)}
        return self.client.ask(self.name, self.url, parameters, ("tk", self.key), self._read)

    def _read(self, reply: Any) -> list[Reply]:
        if "status" not in reply:  # the gateway's own refusals: {"code": 301003, "msg": ...}
            code, said = str(reply["code"]), str(reply.get("msg", ""))
            quota = any(word in said for word in ("超", "限", "配额", "次数"))
            kind = "E-GEOCODE-QUOTA" if quota else "E-GEOCODE-KEY-REFUSED"
            raise _stop(kind, self.name, code)
        status = str(reply["status"])
        if status in self.nothing:
            return []
        if status != "0":
            raise _unclear(self.name, status)
        place = reply["location"]
        level, score = place.get("level"), float(place.get("score", NAN)) / 100
        grade = self.grades.get(str(level), "E")
        name = place.get("keyWord")
        return [_reply(name, place["lon"], place["lat"], level, grade, score)]


@dataclass(frozen=True)
class Baidu:
    """百度: BD-09."""

    key: Secret
    client: Client = field(default_factory=Client, repr=False)
    url: str = "https://api.map.baidu.com/geocoding/v3/"

    name: ClassVar[str] = "baidu"
    datum: ClassVar[str] = "BD09"
    coarse: ClassVar[frozenset[str]] = frozenset(
        "国家 省 城市 区县 乡镇 道路 商圈 桥 绿地 NoClass UNKNOWN".split()
    )
    refused: ClassVar[frozenset[int]] = frozenset({3, 5, 101, 102})

    def ask(self, text: str) -> list[Reply]:
        """Ask for an address; see `Provider`."""
        parameters = {"address": text, "output": "json", "ret_coordtype": "bd09ll"}
        return self.client.ask(self.name, self.url, parameters, ("ak", self.key), self._read)

    def _read(self, reply: Any) -> list[Reply]:
        status = int(reply["status"])
        if status:
            return self._read_fault(status, str(reply.get("msg") or reply.get("message") or ""))
        place = reply["result"]
        level = str(place["level"])
        score = float(place.get("comprehension", place.get("confidence", NAN))) / 100
        spot = place["location"]
        return [_reply("", spot["lng"], spot["lat"], level, self._grade(level), score)]

    def _grade(self, level: str) -> str:
        if level in self.coarse or not level:
            return "E"
        return {"门址": "B", "村庄": "D"}.get(level, "C")

    def _read_fault(self, status: int, said: str) -> list[Reply]:
        if "无相关结果" in said:
            return []
        if status in (401, 402):
            raise BusyError("E-GEOCODE-QUOTA", str(status))
        if status == 4 or 300 <= status < 400:
            raise _stop("E-GEOCODE-QUOTA", self.name, status)
        if status in self.refused or 200 <= status < 300:
            raise _stop("E-GEOCODE-KEY-REFUSED", self.name, status)
        if status == 1:
            raise BusyError("Q-GEOCODE-REPLY", str(status))
        raise _unclear(self.name, status)


@dataclass(frozen=True)
class Nominatim:
    """OpenStreetMap's own service: WGS 84. Its key is the address that its operators write to."""

    key: Secret
    client: Client = field(default_factory=Client, repr=False)
    url: str = "https://nominatim.openstreetmap.org/search"

    name: ClassVar[str] = "nominatim"
    datum: ClassVar[str] = "WGS84"

    def ask(self, text: str) -> list[Reply]:
        """Ask for an address; see `Provider`."""
        parameters = {"q": text, "format": "jsonv2", "limit": "5", "accept-language": "zh"}
        agent = {"User-Agent": f"kepu ({self.key.reveal()})"}
        return self.client.ask(
            self.name, self.url, parameters, ("email", self.key), self._read, agent
        )

    def _read(self, reply: Any) -> list[Reply]:
        if not isinstance(reply, list):
            raise TypeError("not a list")
        return [
            _reply(
                place["display_name"], place["lon"], place["lat"],
                place.get("addresstype") or place.get("type"), self._grade(place), NAN,
            )
            for place in reply
        ]  # fmt: skip

    def _grade(self, place: Mapping[str, Any]) -> str:
        """Grade by address rank: 30 single things, 26 and 27 streets, 19 to 22 settlements."""
        rank = int(place["place_rank"])
        if rank >= 28:
            door = place.get("category") in ("building", "place") and place.get("type") in (
                "house", "yes", "house_number",
            )  # fmt: skip
            return "B" if door else "C"
        return "D" if 19 <= rank <= 22 else "E"


PROVIDERS = {kind.name: kind for kind in (AMap, Tianditu, Baidu, Nominatim)}
KEY_VARIABLES = {
    "amap": "KEPU_AMAP_KEY",
    "tianditu": "KEPU_TIANDITU_KEY",
    "baidu": "KEPU_BAIDU_KEY",
    "nominatim": "KEPU_NOMINATIM_EMAIL",
}
"""Where keys are read from, and from nowhere else."""


def provider_named(
    name: str,
    *,
    client: Client | None = None,
    url: str | None = None,
    environment: Mapping[str, str] = os.environ,
) -> Provider:
    """
    Make a provider with the key that the environment holds.

    Raises
    ------
    GeocodeError
        No such provider; no key, or one with characters that no key has.
    """
    if name not in PROVIDERS:
        known = "、".join(PROVIDERS)
        raise GeocodeError(Fault("E-GEOCODE-PROVIDER", value=name, facts={"known": known}))
    key = environment.get(KEY_VARIABLES[name], "").strip()
    if not (key and key.isascii() and key.isprintable() and " " not in key):
        facts = {"provider": name, "variable": KEY_VARIABLES[name]}
        raise GeocodeError(Fault("E-GEOCODE-KEY", facts=facts))
    options = {} if url is None else {"url": url}
    return PROVIDERS[name](Secret(key), client or Client(), **options)
