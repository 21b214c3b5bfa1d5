"""
Names of places from OpenStreetMap: settlements, points of interest and house numbers.

Nodes and ways; multipolygon relations are left out, and so is `old_name`, which often means another
place today.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import osmium
import pandas as pd
import shapely

from .errors import Fault, NetworkError
from .pbf import check_complete, check_texts

KIND_KEYS = ("place", "amenity", "shop", "tourism", "office", "leisure", "building")
"""The first of them that an object bears is its kind."""
NAME_KEYS = ("name", "name:zh", "official_name", "alt_name")
STREET, NUMBER = "addr:street", "addr:housenumber"
ADDRESS = "address"


def read_names(path: Path) -> pd.DataFrame:
    """
    Read named places and house numbers.

    Parameters
    ----------
    path
        `.osm.pbf`, `.osm`, `.osm.gz` or `.osm.bz2`.

    Returns
    -------
    DataFrame
        A row for every name of every place: `name`, `lon` and `lat` (WGS 84; of an area a point
        inside, of a line its middle), `kind`: "place:village", "amenity:school" and so on, or
        "address" where the name is street and house number.

    Raises
    ------
    NetworkError
        The file is missing, damaged or cut off.
    """
    check_complete(path)
    wanted = osmium.filter.KeyFilter(*KIND_KEYS, NUMBER)
    entities = osmium.osm.NODE | osmium.osm.WAY
    rows: list[tuple[str, float, float, str]] = []
    try:
        if path.suffix == ".pbf":
            check_texts(path)
        thing: Any  # a node or a way, which the type stubs do not tell apart
        for thing in osmium.FileProcessor(str(path), entities).with_locations().with_filter(wanted):
            tags = dict(thing.tags)
            found = list(_names(tags))
            spot = _spot(thing) if found else None
            if spot is not None:
                rows += [(name, *spot, kind) for name, kind in found]
    except (RuntimeError, ValueError) as error:
        raise NetworkError(Fault("E-OSM-READ", file=path.name, facts={"error": error})) from error
    frame = pd.DataFrame(rows, columns=["name", "lon", "lat", "kind"])
    return frame.astype({"name": str, "lon": float, "lat": float, "kind": str})


def _names(tags: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the names of an object, each with its kind."""
    kind = next((f"{key}:{tags[key]}" for key in KIND_KEYS if tags.get(key, "no") != "no"), None)
    if kind is not None:
        names = [part.strip() for key in NAME_KEYS for part in tags.get(key, "").split(";")]
        yield from ((name, kind) for name in dict.fromkeys(names) if name)
    street, number = tags.get(STREET, "").strip(), tags.get(NUMBER, "").strip()
    if street and number:
        yield f"{street}{number.removesuffix('号')}号", ADDRESS


def _spot(thing: Any) -> tuple[float, float] | None:
    """Return one point of a node or way; none where the file lacks its nodes."""
    if thing.is_node():
        return (thing.location.lon, thing.location.lat) if thing.location.valid() else None
    refs = list(thing.nodes)
    path = np.array([(n.lon, n.lat) for n in refs if n.location.valid()], float).reshape(-1, 2)
    if not len(path):
        return None
    if len(path) == 1:
        return float(path[0, 0]), float(path[0, 1])
    shape: shapely.Geometry = shapely.linestrings(path)
    if refs[0].ref == refs[-1].ref and len(path) == len(refs) > 3:
        shape = shapely.make_valid(shapely.polygons(path))
        point = shapely.point_on_surface(shape)
    else:
        point = shapely.line_interpolate_point(shape, 0.5, normalized=True)
    return float(point.x), float(point.y)
