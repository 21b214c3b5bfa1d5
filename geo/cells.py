"""
Where the cells of a grid join the roads, kept from run to run: found again by content.

Only a change of the roads, the land, the walls, the mode or the program makes another file.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import shapely

from .field import FAR, Times32
from .kept import DamagedError, read_arrays, write_arrays
from .network import Bools, Ints, Network
from .roadside import NOWHERE
from .snap import Doors, Snaps

Name = tuple[int, int]
"""Column and row of a tile, in tiles from the origin of the CRS."""
MODULES = ("cells", "surface", "snap", "roadside", "walls", "grid", "squares")
"""What decides where a cell joins."""


class Cells(NamedTuple):
    """The cells of a tile, row by row: where they join, and which are on land."""

    snaps: Snaps
    land: Bools


@dataclass(frozen=True, eq=False)
class Tile:
    """Doors of the cells of a tile, row by row, by tail and head; `FAR` ticks where closed."""

    doors: Doors
    node: tuple[Ints, Ints]
    ticks: tuple[Times32, Times32]
    land: Bools
    edges: frozenset[int]

    @classmethod
    def of(cls, every: Doors, land: Bools, part: slice) -> Tile:
        """Cut a tile out of the doors of many, with its own land."""
        mine = every.take(part)
        closed = np.where(mine.open, np.minimum(mine.ticks, FAR), FAR).astype(np.int32)
        node = np.where(mine.open, mine.node, 0)
        return cls(
            mine,
            (node[:, 0].copy(), node[:, 1].copy()),
            (closed[:, 0].copy(), closed[:, 1].copy()),
            land,
            frozenset(np.unique(mine.snaps.edge).tolist()) - {NOWHERE},
        )


def cells_key(
    network: Network, joinable: Bools, limit_metres: float, cell_metres: float,
    barriers: npt.NDArray[np.object_] | None, land: shapely.Geometry | None,
) -> str:  # fmt: skip
    """Return the name under which cells are kept: a digest of all that decides where they join."""
    digest = hashlib.sha256(repr((limit_metres, cell_metres, network.crs.to_wkt())).encode())
    shapes = [] if barriers is None else barriers.tolist()
    for array in (network.shape_lon, network.shape_lat, network.first, joinable):
        digest.update(np.ascontiguousarray(array).tobytes())
    for shape in (land, *shapes):
        body = b"" if shape is None else shapely.to_wkb(shape)
        digest.update(len(body).to_bytes(8, "little") + body)
    for module in MODULES:
        digest.update((Path(__file__).parent / f"{module}.py").read_bytes())
    return digest.hexdigest()


def save(path: Path, tiles: Mapping[Name, Cells]) -> None:
    """Write the cells of tiles; what cannot be written is looked up again next time."""
    edge = np.concatenate([cells.snaps.edge for cells in tiles.values()])
    joined = edge != NOWHERE
    with suppress(OSError):
        write_arrays(path, {
            "name": np.array(list(tiles), np.int64),
            "land": np.packbits(np.concatenate([cells.land for cells in tiles.values()])),
            "joined": np.packbits(joined),
            "edge": edge[joined].astype(np.int32),
            "share": np.concatenate([cells.snaps.share for cells in tiles.values()])[joined],
            "metres": np.concatenate([cells.snaps.metres for cells in tiles.values()])[joined],
        })  # fmt: skip


def load(path: Path, size: int) -> dict[Name, Cells]:
    """Return the tiles that were saved, of `size` cells each; none where a byte is wrong."""
    try:
        arrays = read_arrays(path)
    except DamagedError:
        return {}
    if arrays is None:
        return {}
    count = len(arrays["name"]) * size
    joined, land = (
        np.unpackbits(arrays[name], count=count).astype(bool) for name in ("joined", "land")
    )
    edge, share = np.full(count, NOWHERE, np.int64), np.zeros(count)
    metres = np.full(count, np.nan)
    edge[joined], share[joined], metres[joined] = (
        arrays[name] for name in ("edge", "share", "metres")
    )
    parts = (slice(k * size, (k + 1) * size) for k in range(len(arrays["name"])))
    snaps = Snaps(edge, share, metres, np.zeros(count, bool))
    return {
        (int(column), int(row)): Cells(snaps.take(part), land[part])
        for (column, row), part in zip(arrays["name"], parts, strict=True)
    }
