"""
Keep what was read from a large file: found again by content, checked before it is believed.

One wrong byte anywhere in a file of the cache (`kept`) and it is thrown away.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from geopandas import GeoDataFrame

from .errors import Fault
from .kept import DamagedError, read_arrays, write_arrays
from .network import Network
from .profile import MODES

BY_MODE = ("open", "barred")
MODULES = (
    *("wire", "blocks", "gather", "osm", "ways", "network"),
    *("profile", "tags", "interchange", "cache", "kept"),
)
"""What decides what is read from a file."""


def cache_key(source: Path, options: Mapping[str, Any]) -> str:
    """Return the name under which what is read from `source` with `options` is kept."""
    with source.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256")
    digest.update(json.dumps(options, sort_keys=True, ensure_ascii=False, default=str).encode())
    for module in MODULES:
        digest.update((Path(__file__).parent / f"{module}.py").read_bytes())
    return digest.hexdigest()


def store(path: Path, network: Network, background: GeoDataFrame) -> None:
    """Write a network and its background; a reader sees all of it or nothing."""
    arrays: dict[str, Any] = {
        "background": np.frombuffer(b"".join(_framed(background)), np.uint8),
        "background_kind": background["kind"].to_numpy(dtype="U"),
        "background_name": background["name"].to_numpy(dtype="U"),
        "background_wall": background["wall"].to_numpy(dtype=bool),
        "warnings": np.array(json.dumps([asdict(w) for w in network.warnings])),
    }
    for item in fields(Network):
        value = getattr(network, item.name)
        if item.name in BY_MODE:
            arrays.update({f"{item.name}.{mode}": value[mode] for mode in MODES})
        elif item.name != "warnings":
            arrays[item.name] = np.asarray(value)
    write_arrays(path, arrays)


def _framed(background: GeoDataFrame) -> list[bytes]:
    shapes = shapely.to_wkb(background.geometry.to_numpy())
    return [len(shape).to_bytes(8, "little") + shape for shape in shapes]


def load(path: Path) -> tuple[Network, GeoDataFrame] | Fault | None:
    """Return what was stored; None where there is nothing, a fault where it is damaged."""
    try:
        arrays = read_arrays(path)
        return None if arrays is None else (_network(arrays), _background(arrays))
    except (DamagedError, KeyError, ValueError):
        return Fault("W-CACHE", file=path.name)


def _network(arrays: Mapping[str, Any]) -> Network:
    values: dict[str, Any] = {}
    for item in fields(Network):
        if item.name in BY_MODE:
            values[item.name] = {mode: arrays[f"{item.name}.{mode}"] for mode in MODES}
        elif item.name in ("classes", "names"):
            values[item.name] = tuple(arrays[item.name].tolist())
        elif item.name == "warnings":
            values[item.name] = tuple(Fault(**w) for w in json.loads(str(arrays["warnings"])))
        else:
            values[item.name] = arrays[item.name]
    return Network(**values)


def _background(arrays: Mapping[str, Any]) -> GeoDataFrame:
    body, at, shapes = arrays["background"].tobytes(), 0, []
    while at < len(body):
        size = int.from_bytes(body[at : at + 8], "little")
        shapes.append(shapely.from_wkb(body[at + 8 : at + 8 + size]))
        at += 8 + size
    return GeoDataFrame(
        {
            "kind": arrays["background_kind"].astype(object),
            "name": arrays["background_name"].astype(object),
            "wall": arrays["background_wall"],
        },
        geometry=shapes,
        crs=4326,
    )
