"""
Optional online base maps: who serves them, and in which datum they are drawn.

The page itself asks for nothing. A study may name a provider; only then does the policy of the page
let pictures of that provider in, and the reader still has to switch them on. Tiles in GCJ-02 are
moved in the page so that they lie under data in WGS 84 (`web_tiles.js`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

DATUMS = ("WGS84", "GCJ02")
"""What tiles may be drawn in; CGCS2000 is WGS 84 here. BD-09 has a grid of its own."""


@dataclass(frozen=True)
class Tiles:
    """
    A provider of map tiles in Web Mercator.

    Parameters
    ----------
    name
        As the reader sees it.
    urls
        Layers from the lowest, with {z}, {x}, {y} and, where there are several hosts, {s}.
    attribution
        Whose map it is, printed while it is shown.
    datum
        One of `DATUMS`.
    hosts
        What {s} stands for.
    most
        Last zoom that is served.
    """

    name: str
    urls: Sequence[str]
    attribution: str
    datum: Literal["WGS84", "GCJ02"] = "WGS84"
    hosts: str = ""
    most: int = 18

    @property
    def origins(self) -> list[str]:
        """Hosts that the page must be let ask, sorted."""
        found = set()
        for url in self.urls:
            for host in self.hosts or "_":
                parts = urlsplit(url.replace("{s}", host))
                found.add(f"{parts.scheme}://{parts.netloc}")
        return sorted(found)


def tianditu(key: str) -> Tiles:
    """Return the national map service with a reader's own key; CGCS2000, no offset."""
    url = (
        "https://t{s}.tianditu.gov.cn/%s_w/wmts?SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0"
        "&LAYER=%s&STYLE=default&TILEMATRIXSET=w&FORMAT=tiles"
        "&TILEMATRIX={z}&TILEROW={y}&TILECOL={x}&tk=" + key
    )
    layers = [url % (layer, layer) for layer in ("vec", "cva")]
    return Tiles("天地图", layers, "底图：天地图（自然资源部）", hosts="01234567")


def osm() -> Tiles:
    """Return the standard map of OpenStreetMap, for light use."""
    return Tiles(
        "OpenStreetMap",
        ["https://tile.openstreetmap.org/{z}/{x}/{y}.png"],
        "底图：© OpenStreetMap contributors",
        most=19,
    )


def own_server(url: str, datum: str) -> Tiles:
    """
    Return a server of one's own, as counties have on their intranets.

    Raises
    ------
    ValueError
        If the address is not http(s) with {z}, {x} and {y}, or the datum has no tiles.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.netloc or set(parts.netloc) & set("'; *"):
        raise ValueError(f"not an address of tiles: {url!r}")
    if any(f"{{{name}}}" not in url for name in "zxy") or datum not in (*DATUMS, "CGCS2000"):
        raise ValueError(
            f"tiles need {{z}}, {{x}}, {{y}} and a datum of {DATUMS}: {url!r}, {datum!r}"
        )
    return Tiles(
        "自有底图", [url], f"底图：{parts.hostname}", "GCJ02" if datum == "GCJ02" else "WGS84"
    )
