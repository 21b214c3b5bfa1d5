"""
A raster of people, read as it stands: a window of whole cells, never resampled.

Needs rasterio and exactextract (the extra `raster`), which are imported when a raster is read.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from pyproj import CRS
from pyproj.exceptions import CRSError as PyprojCRSError

from ..geo.errors import CrsError, Fault, LayerError
from .grid import Bounds, Floats, Grid

SUFFIXES = (".tif", ".tiff")
PEOPLE_MOST = 1e10
"""More people than there are on Earth: the numbers mean something else."""
CELLS_MOST = 25_000_000
"""More cells over one district than any source of people has; reading them would fill memory."""


def read_crs(path: Path) -> CRS:
    """
    Read the reference system of a raster after checking that it is one this program reads.

    Raises
    ------
    LayerError
        No such file, no GeoTIFF, no reference system, no mark for no data, several bands, rotated
        cells, or rasterio is not there.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise LayerError(Fault("E-FORMAT", path.name, facts={"known": " ".join(SUFFIXES)}))
    try:
        with path.open("rb"):
            pass
    except OSError as error:
        code = "E-FILE-MISSING" if isinstance(error, FileNotFoundError) else "E-FILE"
        fault = Fault(code, path.name, facts={"problem": error.strerror or error})
        raise LayerError(fault) from error
    rasterio = _rasterio()
    try:
        with _opened(rasterio, path) as source:
            return _check(source, path.name)
    except rasterio.errors.RasterioError as error:
        raise LayerError(Fault("E-DAMAGED", path.name, facts={"problem": error})) from error


def _rasterio() -> Any:
    try:
        import exactextract  # noqa: F401  told here, before anything is read
        import rasterio
    except ImportError as error:
        raise LayerError(Fault("E-RASTER-EXTRA", value=error.name)) from error
    return rasterio


@contextmanager
def _opened(rasterio: Any, path: Path) -> Iterator[Any]:
    """Open a raster alone: what lies in files beside it is in no digest of the inputs."""
    alone = rasterio.Env(GDAL_DISABLE_READDIR_ON_OPEN="EMPTY_DIR", GDAL_PAM_ENABLED="NO")
    with alone, warnings.catch_warnings():
        # What is not georeferenced is refused below, with a remedy.
        warnings.simplefilter("ignore", rasterio.errors.NotGeoreferencedWarning)
        with rasterio.open(path.absolute(), driver="GTiff") as source:
            yield source


def _check(source: Any, file: str) -> CRS:
    """Return the reference system of an open raster that is in order."""
    try:
        crs = CRS.from_wkt(source.crs.to_wkt()) if source.crs else None
    except PyprojCRSError:
        crs = None
    if crs is None or not (crs.is_geographic or crs.is_projected) or source.transform.is_identity:
        raise CrsError(Fault("E-RASTER-CRS", file, value=str(source.crs or "—")))
    if crs.is_geographic and crs.axis_info[0].unit_name != "degree":
        raise CrsError(Fault("E-RASTER-CRS", file, value=crs.name))
    if source.nodata is None:
        raise LayerError(Fault("E-RASTER-NODATA", file))
    turn = source.transform
    if turn.b or turn.d or turn.a <= 0 or turn.e >= 0:
        raise LayerError(Fault("E-RASTER-TURNED", file, value=str(tuple(turn)[:6])))
    if source.count != 1 or np.dtype(source.dtypes[0]).kind not in "iuf":
        dtypes = "、".join(source.dtypes)
        raise LayerError(Fault("E-RASTER-BANDS", file, value=dtypes, facts={"count": source.count}))
    return crs


def read_grid(path: Path, bounds: Bounds) -> Grid:
    """
    Read the cells that a box touches.

    Parameters
    ----------
    path
        A GeoTIFF that `read_crs` accepts.
    bounds
        West, south, east, north in the reference system of the raster.

    Raises
    ------
    LayerError
        Damaged, too many cells, negative or infinite values, or the raster lies elsewhere.
    """
    rasterio = _rasterio()
    try:
        with _opened(rasterio, path) as source:
            crs = _check(source, path.name)
            turn, shape = source.transform, (source.height, source.width)
            row, col, rows, cols = _window(turn, shape, bounds, path.name)
            window = rasterio.windows.Window(col, row, cols, rows)
            raw = source.read(1, window=window)
            masked = source.read_masks(1, window=window) == 0
            nodata, scale, offset = source.nodata, source.scales[0], source.offsets[0]
    except rasterio.errors.RasterioError as error:
        raise LayerError(Fault("E-DAMAGED", path.name, facts={"problem": error})) from error
    with np.errstate(over="ignore"):
        # GDAL may hold a float32 mark as a float64 a little beyond the largest float32.
        mark = np.asarray(nodata).astype(raw.dtype) if raw.dtype.kind == "f" else nodata
    nan = np.isnan(raw)
    declared = masked | (raw == mark) | (nan if math.isnan(nodata) else False)
    empty = declared | nan
    values = np.where(empty, 0.0, raw.astype(float) * scale + offset)
    _check_values(values, row, col, path.name)
    west, north = turn.c + col * turn.a, turn.f + row * turn.e
    extent = (turn.c, turn.f + shape[0] * turn.e, turn.c + shape[1] * turn.a, turn.f)
    return Grid(
        path.name, values, empty, row, col, west, north, turn.a, -turn.e, crs, extent,
        int(nan.sum()) if not math.isnan(nodata) else 0,
    )  # fmt: skip


def _window(
    turn: Any, shape: tuple[int, int], bounds: Bounds, file: str
) -> tuple[int, int, int, int]:
    """Return the first row and column and the numbers of rows and columns that a box touches."""
    west, south, east, north = bounds
    with np.errstate(over="ignore"):
        across = (np.array([west, east]) - turn.c) / turn.a
        down = (np.array([north, south]) - turn.f) / turn.e
    col, last_col = (
        int(n) for n in np.clip((np.floor(across[0]), np.ceil(across[1])), 0, shape[1])
    )
    row, last_row = (int(n) for n in np.clip((np.floor(down[0]), np.ceil(down[1])), 0, shape[0]))
    rows, cols = last_row - row, last_col - col
    if rows <= 0 or cols <= 0:
        raise LayerError(Fault("E-RASTER-EXTENT", file, facts={"percent": 100, "towns": "—"}))
    if rows * cols > CELLS_MOST:
        facts = {"cells": rows * cols, "most": CELLS_MOST}
        raise LayerError(Fault("E-RASTER-SIZE", file, facts=facts))
    return row, col, rows, cols


def _check_values(values: Floats, row: int, col: int, file: str) -> None:
    most = values.max()
    if PEOPLE_MOST < most < math.inf:
        raise LayerError(Fault("E-RASTER-MANY", file, value=f"{most:g}"))
    wrong = (values < 0) | np.isinf(values)
    if not wrong.any():
        return
    places = np.argwhere(wrong)
    at = f"R{row + places[0][0]}C{col + places[0][1]}"
    facts = {"count": len(places), "place": at, "least": f"{values.min():g}"}
    worst = values[tuple(places[0])]
    raise LayerError(Fault("E-RASTER-NEGATIVE", file, value=f"{worst:g}", facts=facts))
