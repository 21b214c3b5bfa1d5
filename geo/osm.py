"""
OpenStreetMap files to ways: `.osm.pbf`, and `.osm` XML with or without compression.

A file that was cut off is refused: at a block's border the readers notice nothing, and a district
that lost its last villages' roads still looks like a district.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import osmium
import shapely
from geopandas import GeoDataFrame

from .errors import Fault, NetworkError
from .pbf import check_complete
from .profile import (
    MODES,
    Profile,
    blocks,
    directions,
    known_classes,
    maxspeed_kmh,
    road_class,
    surface_factor,
)
from .ways import Ways

KEYS = ("highway", "route", "man_made", "railway", "waterway", "natural", "barrier")
CUT_SHARE = 0.01
"""More untagged nodes without a way than this: ways are missing, the file was cut."""
CUT_NODES = 20
"""Too few nodes to speak of a share."""
UNKNOWN_CLASS_SHARE = 0.001
"""Ways of unknown classes may make up this share; beyond it the class table needs a row."""
STRUCTURES = ("bridge", "tunnel")
BARRIER_LINES = ("river", "rail", "motorway")


@dataclass
class _Collected:
    """What one pass over a file gathers."""

    ref: list[int] = field(default_factory=list)
    size: list[int] = field(default_factory=list)
    identifier: list[int] = field(default_factory=list)
    tags: list[dict[str, str]] = field(default_factory=list)
    barriers: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    shapes: list[tuple[str, str, bool, list[int]]] = field(default_factory=list)
    node: list[int] = field(default_factory=list)
    lon: list[float] = field(default_factory=list)
    lat: list[float] = field(default_factory=list)
    tagged: list[bool] = field(default_factory=list)
    other_refs: list[int] = field(default_factory=list)


@dataclass(frozen=True)
class OsmData:
    """
    What a file holds for us.

    Parameters
    ----------
    ways
        Roads of all modes.
    background
        Lines and areas in WGS 84 with `kind` (river, stream, water, rail), `name`, and `wall`
        (neither on a bridge nor in a tunnel: nobody walks across): drawn below the map, and asked
        whether a walk to the road crosses one.
    warnings
        What was noticed.
    """

    ways: Ways
    background: GeoDataFrame
    warnings: tuple[Fault, ...]


def read_osm(path: Path, profiles: Mapping[str, Profile], *, ferries: bool = False) -> OsmData:
    """
    Read the roads of all modes, and rivers, water and rails.

    Parameters
    ----------
    path
        `.osm.pbf`, `.osm`, `.osm.gz` or `.osm.bz2`.
    profiles
        Decide which ways are roads at all.
    ferries
        Whether ferries are used.

    Raises
    ------
    NetworkError
        The file is missing, damaged, cut off, without roads, or has classes that no table names.
    """
    check_complete(path)
    try:
        found = _collect(path)
    except (RuntimeError, ValueError) as error:
        raise NetworkError(Fault("E-OSM-READ", file=path.name, facts={"error": error})) from error
    warnings = list(_check_cut(path, found))
    warnings += _check_classes(path, found)
    lon, lat, present = _locate(found, np.array(found.ref, np.int64))
    if not present.all():
        warnings.append(
            Fault("W-OSM-NODES", file=path.name, facts={"count": int((~present).sum())})
        )
    ways = _ways(found, profiles, lon, lat, present, ferries)
    if not len(ways.identifier):
        raise NetworkError(Fault("E-OSM-NO-ROADS", file=path.name))
    return OsmData(ways, _background(found), tuple(warnings))


def _collect(path: Path) -> _Collected:
    found = _Collected()
    wanted = frozenset(KEYS)
    entities = osmium.osm.NODE | osmium.osm.WAY
    thing: Any  # a node or a way, which the type stubs do not tell apart
    for thing in osmium.FileProcessor(str(path), entities):
        if thing.is_node():
            found.node.append(thing.id)
            found.lon.append(thing.lon if thing.location.valid() else np.nan)
            found.lat.append(thing.lat if thing.location.valid() else np.nan)
            found.tagged.append(len(thing.tags) > 0)
            if "barrier" in thing.tags:
                found.barriers.append((thing.id, dict(thing.tags)))
            continue
        refs = [node.ref for node in thing.nodes]
        tags = dict(thing.tags) if len(thing.tags) else {}
        if len(refs) > 1 and not wanted.isdisjoint(tags):
            _collect_way(found, thing.id, refs, tags)
        else:
            found.other_refs.extend(refs)
    return found


def _collect_way(found: _Collected, way: int, refs: list[int], tags: dict[str, str]) -> None:
    name = road_class(tags)
    if name is not None:
        found.ref.extend(refs)
        found.size.append(len(refs))
        found.identifier.append(way)
        found.tags.append(tags)
        return
    found.other_refs.extend(refs)
    waterway, kind = tags.get("waterway"), None
    if waterway in ("river", "canal"):
        kind = "river"
    elif waterway == "stream":
        kind = "stream"
    elif tags.get("railway") in ("rail", "light_rail"):
        kind = "rail"
    elif tags.get("natural") == "water" or waterway == "riverbank":
        kind = "water"
    if kind is not None:
        wall = not _is_structure(tags, "") and (kind != "water" or _is_river(tags))
        found.shapes.append((kind, tags.get("name", ""), wall, refs))


def _check_cut(path: Path, found: _Collected) -> list[Fault]:
    """Compare the untagged nodes with those that ways use: a cut file has nodes but not ways."""
    node = np.array(found.node, np.int64)
    loose = ~np.array(found.tagged, bool)
    used = np.isin(
        node, np.concatenate([np.array(found.ref, np.int64), np.array(found.other_refs, np.int64)])
    )
    lost, total = int((loose & ~used).sum()), int(loose.sum())
    if not lost or (lost <= CUT_NODES and lost < total):
        return []
    fault_facts = {"lost": lost, "total": total, "percent": f"{100 * lost / total:.1f}"}
    if lost > CUT_SHARE * total:
        raise NetworkError(Fault("E-OSM-LOST-WAYS", file=path.name, facts=fault_facts))
    return [Fault("W-OSM-LOST-WAYS", file=path.name, facts=fault_facts)]


def _check_classes(path: Path, found: _Collected) -> list[Fault]:
    known = known_classes()
    unknown: Counter[str] = Counter()
    for tags, size in zip(found.tags, found.size, strict=True):
        highway = tags.get("highway")
        if highway is not None and highway not in known:
            unknown[highway] += size
    if not unknown:
        return []
    facts = {"classes": "、".join(sorted(unknown)), "count": sum(unknown.values())}
    if sum(unknown.values()) > UNKNOWN_CLASS_SHARE * sum(found.size):
        raise NetworkError(Fault("E-OSM-CLASS", file=path.name, facts=facts))
    return [Fault("W-OSM-CLASS", file=path.name, facts=facts)]


def _locate(found: _Collected, ref: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return longitude, latitude and presence of nodes by identifier."""
    node = np.array(found.node, np.int64)
    if not len(node):
        return np.full(len(ref), np.nan), np.full(len(ref), np.nan), np.zeros(len(ref), bool)
    order = np.argsort(node, kind="stable")
    at = order[np.minimum(np.searchsorted(node, ref, sorter=order), len(node) - 1)]
    lon, lat = np.array(found.lon)[at], np.array(found.lat)[at]
    return lon, lat, (node[at] == ref) & np.isfinite(lon)


def _ways(
    found: _Collected,
    profiles: Mapping[str, Profile],
    lon: np.ndarray,
    lat: np.ndarray,
    present: np.ndarray,
    ferries: bool,
) -> Ways:
    """Keep the runs of present nodes of the ways that some mode may use."""
    classes = [road_class(tags) or "" for tags in found.tags]
    usable = np.array(
        [
            [directions(profiles[mode], tags, name) for mode in MODES]
            for tags, name in zip(found.tags, classes, strict=True)
        ],
        bool,
    ).reshape(-1, len(MODES), 2)
    if not ferries:
        usable[np.array([name == "ferry" for name in classes], bool)] = False
    size = np.array(found.size, np.int64)
    way_of = np.repeat(np.arange(len(size)), size)
    some = np.asarray(usable.any(axis=(1, 2)))
    keep = present & some[way_of]
    begins = np.zeros(len(size), np.int64) if not len(size) else np.cumsum(size) - size
    fresh = np.zeros(len(present), bool)
    fresh[begins] = True
    fresh[1:] |= ~keep[:-1]
    run = np.cumsum(fresh & keep)[keep]
    length = np.bincount(run)[1:] if len(run) else np.zeros(0, np.int64)
    point = np.flatnonzero(keep)[(length >= 2)[run - 1]] if len(run) else np.zeros(0, np.int64)
    sizes = length[length >= 2]
    first = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    way = way_of[point[first[:-1]]] if len(sizes) else np.zeros(0, np.int64)
    tags = [found.tags[i] for i in way]
    names = [classes[i] for i in way]
    return Ways(
        first=first,
        ref=np.array(found.ref, np.int64)[point],
        lon=lon[point],
        lat=lat[point],
        identifier=np.array(found.identifier, np.int64)[way],
        classes=names,
        names=[tag.get("name") or tag.get("ref") or "" for tag in tags],
        factor=np.array([surface_factor(t, n) for t, n in zip(tags, names, strict=True)]),
        limit_kmh=np.array([_limits(tag) for tag in tags]).reshape(-1, 2),
        open={mode: usable[way, i] for i, mode in enumerate(MODES)},
        structure=np.array([_is_structure(t, n) for t, n in zip(tags, names, strict=True)], bool),
        barred={
            mode: np.array([n for n, t in found.barriers if blocks(mode, t)], np.int64)
            for mode in MODES
        },
    )


def _limits(tags: Mapping[str, str]) -> tuple[float, float]:
    common = maxspeed_kmh(tags.get("maxspeed"))
    both = [
        maxspeed_kmh(tags.get(f"maxspeed:{direction}")) or common
        for direction in ("forward", "backward")
    ]
    return both[0] or np.inf, both[1] or np.inf


def _is_structure(tags: Mapping[str, str], name: str) -> bool:
    return name == "ferry" or any(tags.get(key, "no") != "no" for key in STRUCTURES)


def _is_river(tags: Mapping[str, str]) -> bool:
    return tags.get("waterway") == "riverbank" or tags.get("water") in ("river", "canal")


def _background(found: _Collected) -> GeoDataFrame:
    kinds, names, walls, shapes = [], [], [], []
    for kind, name, wall, refs in found.shapes:
        lon, lat, present = _locate(found, np.array(refs, np.int64))
        points = np.column_stack([lon, lat])[present]
        if len(points) < 2:
            continue
        closed = refs[0] == refs[-1] and bool(present.all()) and len(points) > 3
        shape: shapely.Geometry = shapely.linestrings(points)
        if kind == "water" and closed:
            shape = shapely.make_valid(shapely.polygons(points))
        kinds.append(kind)
        names.append(name)
        walls.append(wall)
        shapes.append(shape)
    columns = {"kind": kinds, "name": names, "wall": np.array(walls, bool)}
    return GeoDataFrame(columns, geometry=shapes, crs=4326)
