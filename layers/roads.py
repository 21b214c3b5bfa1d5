"""The roads: read once from OpenStreetMap or an OSMnx graph, kept in a cache, for all modes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import shapely
from geopandas import GeoDataFrame

from ..geo.cache import cache_key, load, store
from ..geo.errors import Fault, NetworkError
from ..geo.network import Network
from ..geo.osm import Box, read_osm
from ..geo.pbf import check_digest, there
from ..geo.profile import Profile
from ..geo.ways import build

if TYPE_CHECKING:
    import networkx as nx

NO_WALKING_ACROSS = ("river", "rail", "water")
"""What a walk to the road should not cross where it is a wall; motorways come from the roads."""


@dataclass(frozen=True, eq=False)
class Roads:
    """
    Roads and what lies below them on the map.

    Parameters
    ----------
    network
        Of all modes.
    background
        Rivers, water and rails, WGS 84, with `kind` and `name`; empty where the source has none.
    cached
        Whether they came from the cache.
    warnings
        What was noticed.
    """

    network: Network
    background: GeoDataFrame
    cached: bool
    warnings: tuple[Fault, ...]

    @cached_property
    def barriers(self) -> npt.NDArray[np.object_]:
        """What nobody walks across, in the CRS of the network: rivers, rails, motorways."""
        walls = self.background["kind"].isin(NO_WALKING_ACROSS) & self.background["wall"]
        lines = self.background[walls]
        motorway = [i for i, name in enumerate(self.network.classes) if name == "motorway"]
        high = np.isin(self.network.highway, motorway) & ~self.network.structure
        roads = self.network.lines_of(np.flatnonzero(high))
        return np.concatenate([lines.geometry.to_crs(self.network.crs).to_numpy(object), roads])


def read_roads(
    path: Path,
    profiles: Mapping[str, Profile],
    *,
    ferries: bool = False,
    sha256: str | None = None,
    built_up: shapely.Geometry | None = None,
    box: Box | None = None,
    cache: Path | None = None,
) -> Roads:
    """
    Read the road network of all modes.

    Parameters
    ----------
    path
        `.osm.pbf`, `.osm` (also `.gz`, `.bz2`) or the `.graphml` of OSMnx.
    profiles
        By mode.
    ferries
        Whether ferries are used.
    sha256
        Declared digest of the file.
    built_up
        Polygon in degrees WGS 84 inside which the built-up speeds apply.
    box
        What is needed of a larger file, see `read_osm`; a `.graphml` is always read as a whole.
    cache
        Folder of the cache; None reads the file each time.

    Raises
    ------
    NetworkError
        The file is missing, damaged, cut off or without roads.
    """
    if not there(path):
        raise NetworkError(Fault("E-FILE-MISSING", file=path.name))
    if sha256 is not None:
        check_digest(path, sha256)
    kept, damaged = None, None
    if cache is not None:
        options = {
            "ferries": ferries,
            "box": box,
            "classes": {mode: sorted((name, asdict(speed)["access"])
                                     for name, speed in profile.speeds.items())
                        for mode, profile in profiles.items()},
        }  # fmt: skip
        kept = cache / f"{cache_key(path, options)}.roads"
        found = load(kept)
        if isinstance(found, tuple):
            return _finished(*found, built_up, cached=True)
        damaged = found
    network, background = _read(path, profiles, ferries, box)
    if kept is not None:
        _keep(kept, network, background)
    roads = _finished(network, background, built_up, cached=False)
    return replace(roads, warnings=(*roads.warnings, damaged)) if damaged else roads


def _keep(path: Path, network: Network, background: GeoDataFrame) -> None:
    try:
        store(path, network, background)
    except OSError:
        return  # a cache that cannot be written costs time at the next run, nothing else


def _read(
    path: Path, profiles: Mapping[str, Profile], ferries: bool, box: Box | None
) -> tuple[Network, GeoDataFrame]:
    if path.suffix == ".graphml":
        from ..geo.interchange import from_networkx  # imports networkx, a fifth of a second

        return from_networkx(_graphml(path), profiles, ferries=ferries), GeoDataFrame(
            {"kind": [], "name": [], "wall": np.zeros(0, bool)}, geometry=[], crs=4326
        )
    found = read_osm(path, profiles, ferries=ferries, box=box)
    return build(found.ways, warnings=found.warnings), found.background


def _graphml(path: Path) -> nx.MultiDiGraph:
    from osmnx import load_graphml  # takes more than a second to import

    try:
        return load_graphml(path)
    except Exception as error:  # the XML parser and OSMnx raise many kinds
        raise NetworkError(
            Fault("E-OSM-READ", file=path.name, facts={"error": type(error).__name__})
        ) from error


def _finished(
    network: Network, background: GeoDataFrame, built_up: shapely.Geometry | None, *, cached: bool
) -> Roads:
    if built_up is not None:
        network = network.within_towns(built_up)
    return Roads(network, background, cached, network.warnings)
