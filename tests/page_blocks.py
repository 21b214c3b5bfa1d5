"""Reading what a page holds, the slow and plain way."""

from __future__ import annotations

import base64
import json
import re
import zlib
from typing import Any

from kepu.maps.pack import UNREACHED


def block(html: str, identity: str) -> Any:
    """Read what `packed` wrote, the slow and plain way."""
    found = re.search(rf'<script type="text/plain" id="{identity}">([^<]*)</script>', html)
    assert found
    raw = zlib.decompress(base64.b64decode(found[1]))
    length = int.from_bytes(raw[:4], "little")
    tail = raw[4 + length :]

    def full(value: Any) -> Any:
        if isinstance(value, list):
            return [full(one) for one in value]
        if not isinstance(value, dict):
            return value
        if value.get("$") == "bytes":
            return tail[value["at"] : value["at"] + value["n"]]
        if "$" in value:
            planes = [
                tail[value["at"] + k * value["n"] :][: value["n"]] for k in range(value["planes"])
            ]
            return [
                value["base"] + sum(plane[i] << 8 * k for k, plane in enumerate(planes))
                for i in range(value["n"])
            ]
        return {key: full(one) for key, one in value.items()}

    return full(json.loads(raw[4 : 4 + length]))


def decode(code: bytes) -> list[list[tuple[float, float]]]:
    """Read what `encode` wrote, the slow and plain way."""
    values, value, shift = [], 0, 0
    for byte in code:
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            values.append(-(value + 1) // 2 if value & 1 else value // 2)
            value = shift = 0
    parts, x, y = [], 0, 0
    stream = iter(values)
    for count in stream:
        part = []
        for _ in range(count):
            x, y = x + next(stream), y + next(stream)
            part.append((x / 1e5, y / 1e5))
        parts.append(part)
    return parts


def unfolded(seen: dict[str, Any]) -> list[dict[str, Any]]:
    """Undo `fold`, the slow and plain way."""
    places, answer = seen["places"], []
    row = [lat // places["strip"] for lat in places["lat"]]
    side = [lng if r % 2 == 0 else -lng for lng, r in zip(places["lng"], row, strict=True)]
    order = sorted(range(len(row)), key=lambda i: (row[i], side[i], i))
    for one in seen["reach"]:
        found: dict[str, Any] = {"mode": one["mode"], "ticks": {}, "venue": {}}
        for kind, codes in one["ticks"].items():
            at = seen["types"]["key"].index(kind)
            among = [v for v, k in enumerate(seen["venues"]["type"]) if k == at]
            ticks, venue, road = [UNREACHED] * len(row), [-1] * len(row), 0
            for k, i in enumerate(order):
                if codes[k]:
                    step = codes[k] - 1
                    road += -(step + 1) // 2 if step % 2 else step // 2
                    ticks[i] = road + one["walkMs"][i] // 100
                if one["venue"][kind][k]:
                    venue[i] = among[one["venue"][kind][k] - 1]
            found["ticks"][kind], found["venue"][kind] = ticks, venue
        answer.append(found)
    return answer
