"""
The wire format under a `.osm.pbf`: varints, fields and lists of messages (protobuf's encoding).

What is damaged or out of the ordinary raises `UnusualError`; nothing is read out of bounds.
"""

from __future__ import annotations

from typing import TypeVar

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Value = TypeVar("Value", int, bytes)

LONGEST_VARINT = 10
VARINT, BYTES = 0, 2


class UnusualError(Exception):
    """A file that pyosmium must read, or refuse."""


def one(fields: list[tuple[int, int | bytes]], wanted: int, kind: type[Value]) -> Value:
    """Return the only value of a field."""
    values = [value for field, value in fields if field == wanted]
    if len(values) != 1 or not isinstance(values[0], kind):
        raise UnusualError(wanted)
    return values[0]


def number(data: bytes, at: int) -> tuple[int, int]:
    """Return a varint and where the next thing begins."""
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
        if shift >= 7 * LONGEST_VARINT:
            raise UnusualError("varint")


def fields_of(data: bytes) -> list[tuple[int, int | bytes]]:
    """Return the fields of a message in order."""
    fields: list[tuple[int, int | bytes]] = []
    at = 0
    while at < len(data):
        key, at = number(data, at)
        value, at = number(data, at)
        if key & 7 == BYTES:
            if at + value > len(data):
                raise UnusualError("length")
            fields.append((key >> 3, data[at : at + value]))
            at += value
        elif key & 7 == VARINT:
            fields.append((key >> 3, value))
        else:
            raise UnusualError(key)
    return fields


def spans_of(data: bytes, key: int) -> tuple[list[int], list[int]]:
    """Return where the messages of a list of one field begin and end."""
    begins, ends, at, size = [], [], 0, len(data)
    while at < size:
        if data[at] != key:
            raise UnusualError(data[at])
        length = data[at + 1]
        at += 2
        if length >= 0x80:
            length, at = number(data, at - 1)
        begins.append(at)
        at += length
        ends.append(at)
    if at != size:
        raise UnusualError("length")
    return begins, ends


def varints(data: bytes) -> tuple[npt.NDArray[np.uint64], Ints]:
    """Return all varints of a run of bytes, and where each begins, with the end of the last."""
    raw = np.frombuffer(data, np.uint8)
    last = np.flatnonzero(raw < 0x80)
    if len(raw) and (not len(last) or last[-1] != len(raw) - 1):
        raise UnusualError("varint")
    begin = np.zeros(len(last) + 1, np.int64)
    begin[1:] = last + 1
    length = np.diff(begin)
    value = (raw[begin[:-1]] & 0x7F).astype(np.uint64)
    longer = np.flatnonzero(length > 1)
    for k in range(1, LONGEST_VARINT):
        if not len(longer):
            return value, begin
        part = (raw[begin[longer] + k] & 0x7F).astype(np.uint64)
        value[longer] |= part << np.uint64(7 * k)
        longer = longer[length[longer] > k + 1]
    if len(longer):
        raise UnusualError("varint")
    return value, begin


def signed(value: npt.NDArray[np.uint64]) -> Ints:
    """Undo the zigzag: 0, 1, 2, 3 mean 0, -1, 1, -2."""
    half, odd = (value >> np.uint64(1)).view(np.int64), (value & np.uint64(1)).view(np.int64)
    return np.asarray(half ^ -odd)
