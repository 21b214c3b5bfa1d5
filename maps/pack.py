"""
Data blocks of the page: JSON for texts, bytes for numbers, deflated, inert.

A block is base64 in a `<script type="text/plain">`: no text of a study can end it or start a
script. Integers are stored as planes (all lowest bytes, then all second bytes ...): slowly varying
and small numbers all but vanish under deflate.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

UNREACHED = 0xFFFFFF
"""Ticks of a place that reaches no venue, in the page: longer than any horizon."""
DEFLATE_LEVEL = 9


@dataclass(frozen=True)
class Part:
    """
    A further part of the page: what it runs, how it looks, what it knows.

    Parameters
    ----------
    name
        Of its block, `kepu-NAME`.
    scripts
        Files of this folder, in the order of their needs.
    style
        File of this folder; empty for none.
    block
        Anything that `packed` takes.
    """

    name: str
    scripts: tuple[str, ...]
    style: str = ""
    block: object = None


def packed(identity: str, value: object) -> str:
    """
    Return `value` as a data block of the page, the same bytes every time.

    Parameters
    ----------
    identity
        Id of the element.
    value
        Dicts, lists, texts, numbers and None; bytes; arrays of whole numbers, shape (n,).

    Raises
    ------
    TypeError
        If an array is not of whole numbers in one dimension, or a value is of another kind.
    ValueError
        If a number is not finite or too large for 32 bits.
    """
    tail: list[bytes] = []
    length = 0

    def put(data: bytes) -> int:
        nonlocal length
        at, length = length, length + len(data)
        tail.append(data)
        return at

    def plain(item: object) -> Any:
        if isinstance(item, Mapping):
            return {str(key): plain(inner) for key, inner in item.items()}
        if isinstance(item, (list, tuple)):
            return [plain(inner) for inner in item]
        if isinstance(item, bytes):
            return {"$": "bytes", "at": put(item), "n": len(item)}
        if isinstance(item, np.ndarray):
            return _integers(item, put)
        if isinstance(item, np.generic):
            return item.item()
        return item

    text = json.dumps(plain(value), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    head = text.encode()
    raw = b"".join([len(head).to_bytes(4, "little"), head, *tail])
    code = base64.b64encode(zlib.compress(raw, DEFLATE_LEVEL)).decode()
    return f'<script type="text/plain" id="{identity}">{code}</script>'


def _integers(numbers: npt.NDArray[Any], put: Any) -> dict[str, Any]:
    if numbers.ndim != 1 or numbers.dtype.kind not in "biu":
        raise TypeError(f"whole numbers in one dimension are packed, not {numbers.dtype}")
    base = min(0, int(numbers.min(initial=0)))
    shifted = numbers.astype(np.int64) - base
    top = int(shifted.max(initial=0))
    if top + base >= 2**31 or base < -(2**31):
        raise ValueError(f"too large for 32 bits: {top + base}")
    planes = max(1, (top.bit_length() + 7) // 8)
    kind = "small" if numbers.dtype.kind == "b" or numbers.dtype == np.uint8 else "ints"
    bits = np.arange(planes)[:, None] * 8
    data = ((shifted[None, :] >> bits) & 0xFF).astype(np.uint8).tobytes()
    return {"$": kind, "at": put(data), "n": len(numbers), "planes": planes, "base": base}
