"""
What a file of OpenStreetMap holds for us, in one pass: nodes, roads, and what lies below the map.

A `.osm.pbf` is read by the thousand (`blocks`). XML is read by pyosmium object by object, and so is
a `.osm.pbf` that is unusual or damaged. Ways that say the same have one `Kind`: what tags mean is
asked once for each kind and not for each of a million ways.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import osmium

from .blocks import Block, Nodes, WayBlock, blocks_of
from .network import Bools, Floats, Ints
from .pbf import check_texts
from .tags import ROAD_KEYS, road_class
from .wire import UnusualError

SHAPE_KEYS = ("railway", "waterway", "natural", "water")
ASKED_KEYS = frozenset(("highway", "route", "man_made", *SHAPE_KEYS))
"""A way with none of these is neither road nor background."""
NAME_KEYS = ("name", "ref")
KIND_KEYS = ROAD_KEYS | frozenset(SHAPE_KEYS)
_KIND_BYTES, _ASKED_BYTES = (frozenset(map(str.encode, keys)) for keys in (KIND_KEYS, ASKED_KEYS))
STRUCTURES = ("bridge", "tunnel")
NO_PLACE = 2**31 - 1
EAST_MOST, NORTH_MOST = 1_800_000_000, 900_000_000
UNITS_A_DEGREE = 1e7


@dataclass(frozen=True)
class Kind:
    """
    What ways say.

    Parameters
    ----------
    tags
        What they say to those who travel.
    road
        Their class as the speed tables name it; None if they are no road.
    shape
        river, stream, water or rail; None if they are not drawn.
    wall
        Nobody walks across.
    """

    tags: Mapping[str, str]
    road: str | None
    shape: str | None
    wall: bool

    @classmethod
    def of(cls, tags: Mapping[str, str]) -> Kind:
        """Ask what tags mean."""
        waterway, shape = tags.get("waterway"), None
        if waterway in ("river", "canal"):
            shape = "river"
        elif waterway == "stream":
            shape = "stream"
        elif tags.get("railway") in ("rail", "light_rail"):
            shape = "rail"
        elif tags.get("natural") == "water" or waterway == "riverbank":
            shape = "water"
        flows = waterway == "riverbank" or tags.get("water") in ("river", "canal")
        wall = not is_structure(tags) and (shape != "water" or flows)
        return cls(tags, road_class(tags), shape, wall)


def is_structure(tags: Mapping[str, str]) -> bool:
    """Tell whether a way leads over or under others, where nobody joins it."""
    return any(tags.get(key, "no") != "no" for key in STRUCTURES)


@dataclass
class Gathered:
    """
    What one pass over a file gathers.

    Parameters
    ----------
    node, lon, lat, tagged
        Nodes; degrees, ten-millionths, `NO_PLACE` where they are nowhere; whether they have tags.
    barriers
        Identifiers and tags of nodes with a barrier.
    kinds
        What ways say, each once.
    way, size, ref, kind, names
        Ways that are roads or drawn, as lists of arrays: identifiers, numbers of nodes, nodes one
        way after the other, numbers of `kinds`; and their names.
    others
        Nodes of all other ways.
    """

    node: list[Ints] = field(default_factory=list)
    lon: list[npt.NDArray[np.int32]] = field(default_factory=list)
    lat: list[npt.NDArray[np.int32]] = field(default_factory=list)
    tagged: list[Bools] = field(default_factory=list)
    barriers: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    kinds: list[Kind] = field(default_factory=list)
    way: list[Ints] = field(default_factory=list)
    size: list[Ints] = field(default_factory=list)
    ref: list[Ints] = field(default_factory=list)
    kind: list[Ints] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    others: list[Ints] = field(default_factory=list)
    _number: dict[tuple[tuple[str, str], ...], int] = field(default_factory=dict)

    def kind_of(self, pairs: Iterable[tuple[str, str]]) -> int:
        """Return the number of a kind by the tags in `KIND_KEYS`."""
        said = tuple(pairs)
        number = self._number.setdefault(said, len(self.kinds))
        if number == len(self.kinds):
            self.kinds.append(Kind.of(dict(said)))
        return number


def joined(parts: list[Any], kind: type) -> Any:
    """Return arrays one after the other."""
    return np.concatenate(parts) if parts else np.zeros(0, kind)


def gather(path: Path) -> Gathered:
    """
    Read a file.

    Raises
    ------
    RuntimeError, ValueError
        It is damaged.
    """
    if path.suffix == ".pbf":
        try:
            found = Gathered()
            for block in blocks_of(path):
                _add_block(found, block)
            return found
        except (UnusualError, ValueError, IndexError, OverflowError, zlib.error):
            check_texts(path)  # then pyosmium tells what is wrong, if anything is
    return _one_by_one(path)


def _one_by_one(path: Path) -> Gathered:
    found = Gathered()
    node: list[tuple[int, int, int, bool]] = []
    others: list[int] = []
    ways: tuple[list[int], list[int], list[int], list[int]] = ([], [], [], [])
    entities = osmium.osm.NODE | osmium.osm.WAY
    thing: Any  # a node or a way, which the type stubs do not tell apart
    for thing in osmium.FileProcessor(str(path), entities):
        if thing.is_node():
            place = thing.location
            there = (place.x, place.y) if place.valid() else (NO_PLACE, NO_PLACE)
            node.append((thing.id, *there, len(thing.tags) > 0))
            if "barrier" in thing.tags:
                found.barriers.append((thing.id, dict(thing.tags)))
            continue
        refs = [one.ref for one in thing.nodes]
        tags = dict(thing.tags) if len(thing.tags) else {}
        if len(refs) < 2 or ASKED_KEYS.isdisjoint(tags):
            others.extend(refs)
            continue
        kind = found.kind_of((key, text) for key, text in tags.items() if key in KIND_KEYS)
        found.names.append(tags.get("name") or tags.get("ref") or "")
        for column, value in zip(ways, (thing.id, len(refs), kind), strict=False):
            column.append(value)
        ways[3].extend(refs)
    columns = list(zip(*node, strict=True)) or [(), (), (), ()]
    found.node, found.tagged = [np.array(columns[0], np.int64)], [np.array(columns[3], bool)]
    found.lon, found.lat = ([np.array(column, np.int32)] for column in columns[1:3])
    found.way, found.size, found.kind, found.ref = ([np.array(c, np.int64)] for c in ways)
    found.others = [np.array(others, np.int64)]
    return found


def _add_block(found: Gathered, block: Block) -> None:
    kept, asked = (
        np.array([text in keys for text in block.strings], bool)
        for keys in (_KIND_BYTES, _ASKED_BYTES)
    )
    for part in block.parts:
        if isinstance(part, Nodes):
            _add_nodes(found, block.strings, part)
        else:
            _add_ways(found, block.strings, part, kept, asked)


def _add_nodes(found: Gathered, strings: list[bytes], nodes: Nodes) -> None:
    there = (np.abs(nodes.lon) <= EAST_MOST) & (np.abs(nodes.lat) <= NORTH_MOST)
    found.node.append(nodes.identifier)
    found.lon.append(np.where(there, nodes.lon, NO_PLACE).astype(np.int32))
    found.lat.append(np.where(there, nodes.lat, NO_PLACE).astype(np.int32))
    tagged = np.zeros(len(there), bool)
    tagged[nodes.tags[:, 0]] = True
    found.tagged.append(tagged)
    barrier = np.flatnonzero([key == b"barrier" for key in strings])
    stops = np.unique(nodes.tags[np.isin(nodes.tags[:, 1], barrier), 0])
    for at in stops.tolist():
        low, high = np.searchsorted(nodes.tags[:, 0], (at, at + 1))
        pairs = nodes.tags[low:high, 1:].tolist()
        tags = {strings[key].decode(): strings[text].decode() for key, text in pairs}
        found.barriers.append((int(nodes.identifier[at]), tags))


def _add_ways(
    found: Gathered, strings: list[bytes], ways: WayBlock, kept: Bools, asked: Bools
) -> None:
    count = len(ways.identifier)
    wanted = np.zeros(count, bool)
    wanted[ways.tags[asked[ways.tags[:, 1]], 0]] = True
    wanted &= ways.size > 1
    of_wanted = np.repeat(wanted, ways.size)
    found.others.append(ways.ref[~of_wanted])
    found.ref.append(ways.ref[of_wanted])
    found.way.append(ways.identifier[wanted])
    found.size.append(ways.size[wanted])
    tags = ways.tags[kept[ways.tags[:, 1]] & wanted[ways.tags[:, 0]]]
    ends = np.cumsum(np.bincount(tags[:, 0], minlength=count)[wanted]).tolist()
    raw, kinds, begin = tags[:, 1:].tobytes(), [], 0
    local: dict[bytes, int] = {}
    for end in ends:
        said = raw[16 * begin : 16 * end]
        kind = local.get(said)
        if kind is None:
            pairs = tags[begin:end, 1:].tolist()
            kind = found.kind_of((strings[k].decode(), strings[t].decode()) for k, t in pairs)
            local[said] = kind
        kinds.append(kind)
        begin = end
    found.kind.append(np.array(kinds, np.int64))
    found.names += _names(strings, ways.tags, count, wanted)


def _names(strings: list[bytes], tags: Ints, count: int, wanted: Bools) -> list[str]:
    """Return the names of the wanted ways: `name`, else `ref`, else nothing."""
    told = np.array([len(text) > 0 for text in strings], bool)
    chosen = np.full(count, -1, np.int64)
    for name in reversed(NAME_KEYS):
        own = np.flatnonzero([key == name.encode() for key in strings])
        rows = tags[np.isin(tags[:, 1], own) & told[tags[:, 2]]]
        chosen[rows[:, 0]] = rows[:, 2]
    texts = {number: strings[number].decode() for number in set(chosen[wanted].tolist()) - {-1}}
    texts[-1] = ""
    return [texts[number] for number in chosen[wanted].tolist()]


@dataclass(frozen=True, eq=False)
class Places:
    """
    Nodes of a file, found by their identifiers.

    Parameters
    ----------
    node
        Shape (k,), ascending.
    lon, lat
        Shape (k,), degrees, ten-millionths.
    """

    node: Ints
    lon: npt.NDArray[np.int32]
    lat: npt.NDArray[np.int32]

    @classmethod
    def of(cls, found: Gathered) -> tuple[Places, Bools]:
        """Sort the nodes; return them and which of them have tags."""
        node, lon, lat = joined(found.node, int), joined(found.lon, int), joined(found.lat, int)
        tagged = joined(found.tagged, bool)
        if len(node) > 1 and (node[1:] <= node[:-1]).any():
            order = np.argsort(node, kind="stable")
            node, lon, lat, tagged = node[order], lon[order], lat[order], tagged[order]
        return cls(node, lon, lat), tagged

    def at(self, ref: Ints) -> tuple[Ints, Bools]:
        """Return where nodes stand by their identifiers, and whether they stand there at all."""
        if not len(self.node):
            return np.zeros(len(ref), np.int64), np.zeros(len(ref), bool)
        at = np.minimum(np.searchsorted(self.node, ref), len(self.node) - 1)
        return at, self.node[at] == ref

    def degrees(self, at: Ints) -> tuple[Floats, Floats, Bools]:
        """Return longitude, latitude, and whether the file tells them."""
        if not len(self.node):
            return np.full(len(at), np.nan), np.full(len(at), np.nan), np.zeros(len(at), bool)
        there = self.lon[at] != NO_PLACE
        return self.lon[at] / UNITS_A_DEGREE, self.lat[at] / UNITS_A_DEGREE, there
