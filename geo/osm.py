"""
OpenStreetMap files to ways: `.osm.pbf`, and `.osm` XML with or without compression.

A file that was cut off is refused: at a block's border the readers notice nothing, and a district
that lost its last villages' roads still looks like a district.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import shapely
from geopandas import GeoDataFrame

from .errors import Fault, NetworkError
from .gather import Gathered, Places, gather, is_structure, joined
from .network import Bools, Floats, Ints
from .pbf import check_complete
from .profile import MODES, Profile, known_classes
from .tags import blocks, directions, maxspeed_kmh, surface_factor
from .ways import Ways

Box = tuple[float, float, float, float]

CUT_SHARE = 0.01
"""More untagged nodes without a way than this: ways are missing, the file was cut."""
CUT_NODES = 20
"""Too few nodes to speak of a share."""
UNKNOWN_CLASS_SHARE = 0.001
"""Ways of unknown classes may make up this share; beyond it the class table needs a row."""


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


def read_osm(
    path: Path, profiles: Mapping[str, Profile], *, ferries: bool = False, box: Box | None = None
) -> OsmData:
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
    box
        West, south, east, north in degrees WGS 84: ways are kept whole whose own box meets it, and
        left out otherwise. None keeps all. Whether the file was cut is asked of all of it.

    Raises
    ------
    NetworkError
        The file is missing, damaged, cut off, without roads (in the box), or has classes that no
        table names.
    """
    check_complete(path)
    try:
        found = gather(path)
    except (RuntimeError, ValueError) as error:
        raise NetworkError(Fault("E-OSM-READ", file=path.name, facts={"error": error})) from error
    places, tagged = Places.of(found)
    lines, used = _Lines.of(found, places, box)
    warnings = list(_check_cut(path, found, places, tagged, used))
    warnings += _check_classes(path, found, lines)
    is_road = np.array([kind.road is not None for kind in found.kinds], bool)
    road = is_road[lines.kind]
    if is_road.any() and not road.any():
        raise NetworkError(Fault("E-ROADS-ELSEWHERE", file=path.name, facts={"percent": "0.0"}))
    lost = int((~lines.present[np.repeat(road, lines.size)]).sum())
    if lost:
        warnings.append(Fault("W-OSM-NODES", file=path.name, facts={"count": lost}))
    ways = _ways(found, profiles, lines, ferries)
    if not len(ways.identifier):
        raise NetworkError(Fault("E-OSM-NO-ROADS", file=path.name))
    return OsmData(ways, _background(found, lines), tuple(warnings))


@dataclass(frozen=True, eq=False)
class _Lines:
    """Roads and what is drawn below them: `size` nodes each; `number` as they were gathered."""

    number: Ints
    kind: Ints
    size: Ints
    ref: Ints
    lon: Floats
    lat: Floats
    present: Bools

    @classmethod
    def of(cls, found: Gathered, places: Places, box: Box | None) -> tuple[_Lines, Bools]:
        """Return the ways that meet a box, and which nodes any way uses; block by block."""
        used, parts, begin = np.zeros(len(places.node), bool), [], 0
        for kind, size, ref in zip(found.kind, found.size, found.ref, strict=True):
            at, known = places.at(ref)
            used[at[known]] = True
            lon, lat, there = places.degrees(at)
            number = np.arange(begin, begin + len(kind))
            part = cls(number, kind, size, ref, lon, lat, known & there)
            parts.append(part if box is None else part.meeting(box))
            begin += len(kind)
        columns = [(field.name, bool if field.name == "present" else int) for field in fields(cls)]
        return cls(
            **{name: joined([getattr(part, name) for part in parts], k) for name, k in columns}
        ), used

    def meeting(self, box: Box) -> _Lines:
        """Keep the ways whose own box meets a box, whole."""
        if not len(self.kind):
            return self
        west, south, east, north = box
        first, there = self.first[:-1], self.present
        low_lon, high_lon = (_ends(self.lon, there, first, up) for up in (False, True))
        low_lat, high_lat = (_ends(self.lat, there, first, up) for up in (False, True))
        kept = (low_lon <= east) & (high_lon >= west) & (low_lat <= north) & (high_lat >= south)
        of_kept = np.repeat(kept, self.size)
        return _Lines(
            number=self.number[kept],
            kind=self.kind[kept],
            size=self.size[kept],
            ref=self.ref[of_kept],
            lon=self.lon[of_kept],
            lat=self.lat[of_kept],
            present=there[of_kept],
        )

    @property
    def first(self) -> Ints:
        """Where each way begins, and the end of the last."""
        return np.concatenate([[0], np.cumsum(self.size)]).astype(np.int64)


def _ends(value: Floats, there: Bools, first: Ints, up: bool) -> Floats:
    """Return the least or the greatest value of each way; none that is there meets nothing."""
    if up:
        return np.asarray(np.maximum.reduceat(np.where(there, value, -np.inf), first))
    return np.asarray(np.minimum.reduceat(np.where(there, value, np.inf), first))


def _check_cut(
    path: Path, found: Gathered, places: Places, tagged: Bools, used: Bools
) -> list[Fault]:
    """Compare the untagged nodes with those that ways use: a cut file has nodes but not ways."""
    used = used | tagged
    for ref in found.others:
        at, known = places.at(ref)
        used[at[known]] = True
    lost, total = int((~used).sum()), int((~tagged).sum())
    if not lost or (lost <= CUT_NODES and lost < total):
        return []
    fault_facts = {"lost": lost, "total": total, "percent": f"{100 * lost / total:.1f}"}
    if lost > CUT_SHARE * total:
        raise NetworkError(Fault("E-OSM-LOST-WAYS", file=path.name, facts=fault_facts))
    return [Fault("W-OSM-LOST-WAYS", file=path.name, facts=fault_facts)]


def _check_classes(path: Path, found: Gathered, lines: _Lines) -> list[Fault]:
    known = known_classes()
    points = np.bincount(lines.kind, lines.size, len(found.kinds)).astype(np.int64).tolist()
    unknown: dict[str, int] = {}
    total = 0
    for kind, count in zip(found.kinds, points, strict=True):
        highway = kind.tags.get("highway")
        total += count if kind.road is not None else 0
        if count and highway is not None and highway not in known:
            unknown[highway] = unknown.get(highway, 0) + count
    if not unknown:
        return []
    facts = {"classes": "、".join(sorted(unknown)), "count": sum(unknown.values())}
    if sum(unknown.values()) > UNKNOWN_CLASS_SHARE * total:
        raise NetworkError(Fault("E-OSM-CLASS", file=path.name, facts=facts))
    return [Fault("W-OSM-CLASS", file=path.name, facts=facts)]


def _ways(found: Gathered, profiles: Mapping[str, Profile], lines: _Lines, ferries: bool) -> Ways:
    """Keep the runs of present nodes of the ways that some mode may use."""
    classes = [kind.road or "" for kind in found.kinds]
    usable = np.array(
        [
            [directions(profiles[mode], kind.tags, kind.road or "") for mode in MODES]
            for kind in found.kinds
        ],
        bool,
    ).reshape(-1, len(MODES), 2)
    usable[np.array([kind.road is None for kind in found.kinds], bool)] = False
    if not ferries:
        usable[np.array([name == "ferry" for name in classes], bool)] = False
    some = np.asarray(usable.any(axis=(1, 2)))[lines.kind]
    point, first = _runs(lines, lines.present & np.repeat(some, lines.size))
    way = np.searchsorted(lines.first, point[first[:-1]], side="right") - 1
    kind = lines.kind[way]
    tags = [one.tags for one in found.kinds]
    said = list(zip(tags, classes, strict=True))
    return Ways(
        first=first,
        ref=lines.ref[point],
        lon=lines.lon[point],
        lat=lines.lat[point],
        identifier=joined(found.way, int)[lines.number[way]],
        classes=[classes[number] for number in kind.tolist()],
        names=[found.names[number] for number in lines.number[way].tolist()],
        factor=np.array([surface_factor(t, n) for t, n in said], float)[kind],
        limit_kmh=np.array([_limits(t) for t in tags], float).reshape(-1, 2)[kind],
        open={mode: usable[kind, i] for i, mode in enumerate(MODES)},
        structure=np.array([n == "ferry" or is_structure(t) for t, n in said], bool)[kind],
        barred={
            mode: np.array([n for n, t in found.barriers if blocks(mode, t)], np.int64)
            for mode in MODES
        },
    )


def _runs(lines: _Lines, keep: Bools) -> tuple[Ints, Ints]:
    """Return the points of runs of two or more that are kept, and where each run begins."""
    fresh = np.zeros(len(keep), bool)
    fresh[lines.first[:-1]] = True
    fresh[1:] |= ~keep[:-1]
    run = np.cumsum(fresh & keep)[keep] - 1
    length = np.bincount(run)
    point = np.flatnonzero(keep)[length[run] >= 2]
    first = np.concatenate([[0], np.cumsum(length[length >= 2])]).astype(np.int64)
    return point, first


def _limits(tags: Mapping[str, str]) -> tuple[float, float]:
    common = maxspeed_kmh(tags.get("maxspeed"))
    both = [
        maxspeed_kmh(tags.get(f"maxspeed:{direction}")) or common
        for direction in ("forward", "backward")
    ]
    return both[0] or np.inf, both[1] or np.inf


def _background(found: Gathered, lines: _Lines) -> GeoDataFrame:
    drawn = np.array([kind.road is None and kind.shape is not None for kind in found.kinds], bool)
    names, shapes, kinds = [], [], []
    first = lines.first
    for way in np.flatnonzero(drawn[lines.kind]).tolist():
        span, kind = slice(first[way], first[way + 1]), found.kinds[lines.kind[way]]
        present = lines.present[span]
        points = np.column_stack([lines.lon[span], lines.lat[span]])[present]
        if len(points) < 2:
            continue
        ref = lines.ref[span]
        closed = ref[0] == ref[-1] and bool(present.all()) and len(points) > 3
        shape: shapely.Geometry = shapely.linestrings(points)
        if kind.shape == "water" and closed:
            shape = shapely.make_valid(shapely.polygons(points))
        kinds.append(kind)
        names.append(found.names[lines.number[way]])
        shapes.append(shape)
    columns = {
        "kind": [kind.shape for kind in kinds],
        "name": names,
        "wall": np.array([kind.wall for kind in kinds], bool),
    }
    return GeoDataFrame(columns, geometry=shapes, crs=4326)
