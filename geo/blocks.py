"""
The blocks of a `.osm.pbf` as arrays: nodes and ways by the thousand, without a loop over them.

Every byte of a group of ways belongs to a varint, the fields and lengths too; so a group is decoded
at once and then read field by field for all its ways. What is rare (lone nodes, other compression,
histories) is left to pyosmium by raising `UnusualError`. Format: OpenStreetMap wiki, PBF Format.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from .wire import (
    BYTES,
    VARINT,
    Ints,
    UnusualError,
    fields_of,
    one,
    signed,
    spans_of,
    varints,
)  # fmt: skip

FEATURES = frozenset((b"OsmSchema-V0.6", b"DenseNodes"))
"""What a file may require of its reader."""
USUAL_SCALE = {17: 100, 19: 0, 20: 0}
"""Coordinates are ten-millionths of a degree, counted from zero."""
FARTHEST = 2**31 - 1
LARGEST_BYTES = 32 * 2**20
"""The format allows no block to unpack to more."""
DENSE_FIELDS = frozenset((1, 5, 8, 9, 10))
INFO_FIELDS = frozenset((1, 2, 3, 4, 5))
"""Of nodes; the sixth says that they are deleted."""
WAY_FIELDS = {1: VARINT, 2: BYTES, 3: BYTES, 4: BYTES, 8: BYTES}
"""What is allowed, and once only: blobs that are not deflated bear no checksum."""


@dataclass(frozen=True)
class Nodes:
    """
    k nodes of a block.

    Parameters
    ----------
    identifier
        Shape (k,).
    lon, lat
        Shape (k,), ten-millionths of a degree.
    tags
        Shape (t, 3): node, number of the key, number of the value.
    """

    identifier: Ints
    lon: Ints
    lat: Ints
    tags: Ints


@dataclass(frozen=True)
class WayBlock:
    """
    w ways of a block.

    Parameters
    ----------
    identifier
        Shape (w,).
    size, ref
        Shape (w,) how many nodes each has; their identifiers one way after the other.
    tags
        Shape (t, 3): way, number of the key, number of the value.
    """

    identifier: Ints
    size: Ints
    ref: Ints
    tags: Ints


@dataclass(frozen=True)
class Block:
    """Strings of a block, and what refers to them by number."""

    strings: list[bytes]
    parts: list[Nodes | WayBlock]


def blocks_of(path: Path) -> Iterator[Block]:
    """
    Read a file block by block.

    Raises
    ------
    UnusualError
        It holds what is not read here, or is damaged.
    """
    with path.open("rb") as stream:
        first = True
        while length := stream.read(4):
            header = fields_of(stream.read(int.from_bytes(length, "big")))
            blob = fields_of(stream.read(one(header, 3, int)))
            kind, body = one(header, 1, bytes), unpacked(blob)
            if kind != (b"OSMHeader" if first else b"OSMData"):
                raise UnusualError(kind)
            if not first:
                yield _block(body)
            elif not {value for field, value in fields_of(body) if field == 4} <= FEATURES:
                raise UnusualError("features")
            first = False


def unpacked(blob: list[tuple[int, int | bytes]]) -> bytes:
    """
    Return the content of a blob: as it is, or deflated.

    Raises
    ------
    UnusualError
        It is compressed otherwise, or not so large as it says, or larger than any may be.
    """
    names = {field for field, _ in blob}
    if names in ({1}, {1, 2}):
        return one(blob, 1, bytes)
    if names != {2, 3}:
        raise UnusualError(names)
    size, stream = one(blob, 2, int), zlib.decompressobj()
    if size > LARGEST_BYTES:
        raise UnusualError("size")
    body = stream.decompress(one(blob, 3, bytes), size + 1)
    if len(body) != size or not stream.eof:
        raise UnusualError("size")
    return body


def _block(body: bytes) -> Block:
    strings: list[bytes] = []
    parts: list[Nodes | WayBlock] = []
    groups: list[bytes] = []
    for field, value in fields_of(body):
        if field == 1 and isinstance(value, bytes):
            strings += [value[a:b] for a, b in zip(*spans_of(value, 0x0A), strict=True)]
        elif field == 2 and isinstance(value, bytes):
            groups.append(value)
        elif USUAL_SCALE.get(field, value) != value:
            raise UnusualError("scale")
    for group in groups:
        key = group[0] if group else 0
        if key == 0x12:
            fields = fields_of(group)
            parts += [_dense(fields_of(one(fields, 2, bytes)), len(strings))]
        elif key == 0x1A:
            parts.append(_ways(group, len(strings)))
        elif key != 0x22:  # relations are not asked for
            raise UnusualError(key)
    return Block(strings, parts)


def _degrees(value: npt.NDArray[np.uint64]) -> Ints:
    units = np.cumsum(signed(value))
    if len(units) and np.abs(units).max() > FARTHEST:
        raise UnusualError("coordinates")
    return units


def _dense(fields: list[tuple[int, int | bytes]], strings: int) -> Nodes:
    packed = {field: value for field, value in fields if isinstance(value, bytes)}
    if len(packed) != len(fields) or not set(packed) <= DENSE_FIELDS:
        raise UnusualError("fields")
    if not {field for field, _ in fields_of(packed.get(5, b""))} <= INFO_FIELDS:
        raise UnusualError("visible")
    number, lat, lon, keys = (varints(packed.get(field, b""))[0] for field in (1, 8, 9, 10))
    if not len(number) == len(lat) == len(lon):
        raise UnusualError("nodes")
    tags = np.zeros((0, 3), np.int64)
    if len(keys):
        tags = _node_tags(keys.view(np.int64), len(number))
        _check_strings(tags, strings)
    return Nodes(np.cumsum(signed(number)), _degrees(lon), _degrees(lat), tags)


def _node_tags(keys: Ints, nodes: int) -> Ints:
    """Take keys and values apart; each node's end with a zero."""
    ends = np.flatnonzero(keys == 0)
    if len(ends) != nodes or ends[-1] != len(keys) - 1:
        raise UnusualError("tags")
    counts = np.diff(ends, prepend=-1) - 1
    if (counts % 2).any():
        raise UnusualError("tags")
    pairs = keys[keys != 0].reshape(-1, 2)
    return np.column_stack([np.repeat(np.arange(nodes), counts // 2), pairs])


def _check_strings(tags: Ints, strings: int) -> None:
    if len(tags) and not (tags[:, 1:].min() >= 0 and tags[:, 1:].max() < strings):
        raise UnusualError("strings")


@dataclass
class _Spans:
    """Which of the numbers of a group are a field's, by way."""

    begin: Ints
    end: Ints

    def flat(self) -> tuple[Ints, Ints]:
        """Return the numbers one way after the other, and how many each way has."""
        size = self.end - self.begin
        first = np.cumsum(size) - size
        return np.arange(size.sum()) + np.repeat(self.begin - first, size), size


def _ways(group: bytes, strings: int) -> WayBlock:
    begins, ends = spans_of(group, 0x1A)
    value, begin = varints(group)
    number = np.full(len(group) + 1, -1, np.int64)
    number[begin] = np.arange(len(begin))
    identifier, spans = _way_fields(value, begin, number, np.array(begins), np.array(ends))
    keys, counts = spans[2].flat()
    values, others = spans[3].flat()
    if not np.array_equal(counts, others):
        raise UnusualError("tags")
    way = np.repeat(np.arange(len(identifier)), counts)
    tags = np.column_stack([way, value[keys].view(np.int64), value[values].view(np.int64)])
    _check_strings(tags, strings)
    refs, size = spans[8].flat()
    ref = np.cumsum(signed(value[refs]))
    first = np.cumsum(size) - size
    before = np.concatenate([[0], ref])[first]
    return WayBlock(identifier, size, ref - np.repeat(before, size), tags)


def _way_fields(
    value: npt.NDArray[np.uint64], begin: Ints, number: Ints, at: Ints, end: Ints
) -> tuple[Ints, dict[int, _Spans]]:
    """Walk through the fields of all ways side by side; the walk ends with the longest way."""
    count = len(at)
    identifier, told = np.zeros(count, np.int64), np.zeros(count, np.int64)
    spans = {f: _Spans(np.zeros(count, np.int64), np.zeros(count, np.int64)) for f in (2, 3, 8)}
    way = np.arange(count)
    while len(way):
        key_at = number[at]
        if (key_at < 0).any() or (key_at + 1 >= len(value)).any():
            raise UnusualError("field")
        key, told_value = value[key_at].view(np.int64), value[key_at + 1].view(np.int64)
        field, kind, content = key >> 3, key & 7, begin[key_at + 2]
        allowed = np.zeros(len(way), bool)
        for wanted, form in WAY_FIELDS.items():
            allowed |= (field == wanted) & (kind == form)
        once = 1 << np.where(allowed, field, 0)
        if not allowed.all() or (told[way] & once).any() or (told_value[kind == BYTES] < 0).any():
            raise UnusualError("field")
        told[way] |= once
        following = content + np.where(kind == BYTES, told_value, 0)
        if (following > end).any():
            raise UnusualError("length")
        own = field == 1
        identifier[way[own]] = told_value[own]
        for wanted, span in spans.items():
            own = (field == wanted) & (told_value > 0)
            span.begin[way[own]], span.end[way[own]] = key_at[own] + 2, number[following[own]]
        more = following < end
        way, at, end = way[more], following[more], end[more]
    if not (told & 2).all() or any((s.end < s.begin).any() for s in spans.values()):
        raise UnusualError("field")
    return identifier, spans
