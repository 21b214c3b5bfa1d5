"""
The demand from a raster of people: every person of a cell in exactly one town.

Cells on a border are divided by the exact share of the cell in each town; nothing is resampled and
no cell is assigned by its centre. People are taken as evenly spread within a cell.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from geopandas import GeoDataFrame

from ..geo.crs import require_metric, transform
from ..geo.errors import Fault, LayerError
from .control import controlled_totals, factor_faults, largest_remainder
from .grid import KINDS, Floats, Grid, Kind
from .ledger import listed
from .raster import PEOPLE_MOST, read_crs, read_grid
from .raster_ledger import RasterLedger
from .zones import apart, inside, projected

FLOAT32_SHARE = 1e-6
"""The shares of a cell come as 32-bit floats; those of a whole cell add up to 1 within this."""
UNCOVERED_MOST = 0.01
"""A raster that misses more of a town cannot say how many people live there."""
UNCOVERED_NOTICED = 1e-6
DENSE_PER_KM2 = 200_000
"""Nowhere do more people live on a square kilometre; more say that counts are densities."""


def read_population(
    path: Path | str,
    *,
    kind: Kind,
    towns: GeoDataFrame,
    year: int,
    block: int = 1,
    control: Mapping[str, Any] | pd.Series[Any] | None = None,
    district_total: int | None = None,
) -> tuple[GeoDataFrame, RasterLedger]:
    """
    Read the places where people live from a raster.

    Parameters
    ----------
    path
        GeoTIFF of one band, north up, with a reference system and a mark for no data.
    kind
        "count", people of a cell; or "density", people per km2, which is multiplied by the area of
        the cell: on the ellipsoid in degrees, in the plane in ground metres.
    towns
        From `read_towns`.
    year
        What the people were counted in; kept for the outputs.
    block
        Cells along each side that make one place; blocks start at the corner of the raster.
    control, district_total
        Official people by town and of the district, see `controlled_totals`; scaled before people
        are rounded.

    Returns
    -------
    GeoDataFrame
        Index `place`: "R{row}C{col}-{town}", of the block, from 0 at the corner of the raster;
        sorted by row, column and town. Columns and reference system as from `read_demand`, without
        groups. The point is the mean of the centres of the part's cells, weighted by people, moved
        to the nearest point of the town if it lies outside.
    RasterLedger
        What became of the people. Whole people of a town sum to its rounded people, or to its
        official total.

    Raises
    ------
    LayerError
        The raster is not what it must be, misses more than 1 % of a town, or nobody lives there.
    """
    require_metric(towns, "towns")
    path, wrong = Path(path), kind not in KINDS
    if wrong or block < 1:
        value = f"kind = {kind}" if wrong else f"block = {block}"
        raise LayerError(Fault("E-RASTER-KIND", path.name, value=value))
    crs = read_crs(path)
    towns = towns.sort_index()
    outlines = apart(towns)
    shapes = projected(outlines, towns.crs, crs)
    grid = read_grid(path, shapely.total_bounds(shapes))
    ledger = RasterLedger(
        path.name, None, "GeoTIFF", kind=kind, year=year, crs=crs.name, block=block,
        cell=(grid.width, grid.height), cells=grid.values.size, not_numbers=grid.not_numbers,
    )  # fmt: skip
    cells = _shares(grid, shapes, grid.people(kind), ledger)
    ledger.towns = _areas(grid, shapes, cells, towns, ledger)
    parts = _parts(grid, cells, block, towns)
    _divide(parts, cells, towns, ledger, control, district_total)
    peopled = parts[parts["whole"] > 0]
    points = inside(peopled["x"], peopled["y"], peopled["town"], outlines)
    frame = GeoDataFrame(_columns(peopled, towns, ledger), geometry=points, crs=towns.crs)
    ledger.balance()
    return frame.set_index(pd.Index(_ids(peopled, towns), name="place", dtype=str)), ledger


def _shares(
    grid: Grid, shapes: npt.NDArray[np.object_], people: Floats, ledger: RasterLedger
) -> pd.DataFrame:
    """
    Divide cells among towns.

    Returns
    -------
    DataFrame
        Columns `cell` (place in the window, by rows), `town` (place in the frame), `share` of the
        cell in the town and `people`; the shares of a cell sum to 1 at most.
    """
    cell, town, share = grid.shares(shapes)
    covered = np.bincount(cell, share, grid.values.size)
    whole = covered > 1 - FLOAT32_SHARE
    share = share / np.where(whole, covered, 1.0)[cell]
    flat = people.ravel()
    ledger.window_people = float(flat.sum())
    if ledger.window_people > PEOPLE_MOST:
        raise LayerError(ledger.fault("E-RASTER-MANY", value=f"{ledger.window_people:g}"))
    ledger.outside_people = float((flat * np.where(whole, 0.0, 1 - covered)).sum())
    found = pd.DataFrame({"cell": cell, "town": town, "share": share, "people": share * flat[cell]})
    if grid.square_km is not None:
        with np.errstate(divide="ignore", invalid="ignore"):
            _check_dense(people / grid.square_km[:, None], found, ledger)
    if not found["people"].sum() > 0:
        raise LayerError(ledger.fault("E-RASTER-ZERO"))
    return found


def _check_dense(density: Floats, cells: pd.DataFrame, ledger: RasterLedger) -> None:
    inside = density.ravel()[cells["cell"].unique()]
    dense = int((inside > DENSE_PER_KM2).sum())
    if dense:
        most = f"{inside.max():.0f}"
        ledger.warn("W-RASTER-DENSE", count=dense, most=most, limit=DENSE_PER_KM2, kind=ledger.kind)


def _areas(
    grid: Grid,
    shapes: npt.NDArray[np.object_],
    cells: pd.DataFrame,
    towns: GeoDataFrame,
    ledger: RasterLedger,
) -> pd.DataFrame:
    """Return the shares of the towns that the raster misses or has no data for, in its plane."""
    area = shapely.area(shapes)
    extent = shapely.box(*grid.extent)
    uncovered = np.clip(1 - shapely.area(shapely.intersection(shapes, extent)) / area, 0, 1)
    empty = np.where(grid.empty.ravel()[cells["cell"]], cells["share"], 0.0)
    no_data = np.bincount(cells["town"], empty, len(towns)) * grid.width * grid.height / area
    missed = uncovered > UNCOVERED_NOTICED
    if missed.any():
        percent = f"{100 * (uncovered * area).sum() / area.sum():.3g}"
        names = zip(towns["name"][missed], uncovered[missed], strict=True)
        shown = listed(f"{name} {100 * share:.3g} %" for name, share in names)
        if uncovered.max() > UNCOVERED_MOST:
            raise LayerError(ledger.fault("E-RASTER-EXTENT", percent=percent, towns=shown))
        ledger.warn("W-RASTER-EXTENT", percent=percent, towns=shown)
    if no_data.any():
        ledger.warn("W-RASTER-EMPTY", percent=f"{100 * (no_data * area).sum() / area.sum():.3g}")
    if grid.not_numbers:
        ledger.warn("W-RASTER-NAN", count=grid.not_numbers)
    columns = {"name": towns["name"], "uncovered": uncovered, "no_data": no_data}
    return pd.DataFrame(columns, index=towns.index)


def _parts(grid: Grid, cells: pd.DataFrame, block: int, towns: GeoDataFrame) -> pd.DataFrame:
    """Gather cells into parts: `row`, `col`, `town`, `people` and the weighted point `x`, `y`."""
    cells = cells[cells["people"] > 0]
    rows, cols = np.divmod(cells["cell"].to_numpy(), grid.values.shape[1])
    east = grid.west + (cols + 0.5) * grid.width
    north = grid.north - (rows + 0.5) * grid.height
    x, y = transform(east, north, grid.crs, towns.crs)
    row, col = (grid.row + rows) // block, (grid.col + cols) // block
    wide = int(col.max()) + 1
    keys = (row * wide + col) * len(towns) + cells["town"].to_numpy()
    found, part = np.unique(keys, return_inverse=True)
    people = cells["people"].to_numpy()
    count = np.bincount(part, people)
    place, town = np.divmod(found, len(towns))
    return pd.DataFrame({
        "row": place // wide,
        "col": place % wide,
        "town": town,
        "people": count,
        "x": np.bincount(part, people * x) / count,
        "y": np.bincount(part, people * y) / count,
    })  # fmt: skip


def _divide(
    parts: pd.DataFrame,
    cells: pd.DataFrame,
    towns: GeoDataFrame,
    ledger: RasterLedger,
    control: Mapping[str, Any] | pd.Series[Any] | None,
    district_total: int | None,
) -> None:
    """Make the people of the parts whole in a column `whole`, and fill the ledger."""
    raster = np.bincount(cells["town"], cells["people"], len(towns))
    before = pd.Series(raster, index=towns.index)
    report = controlled_totals(before, {} if control is None else control, district_total)
    if control is not None or district_total is not None:
        ledger.control = report
        ledger.warnings += factor_faults(report)
    official = report["official"].to_dict()
    whole = np.zeros(len(parts), np.int64)
    for i, town in enumerate(towns.index):
        mine = np.flatnonzero(parts["town"] == i)
        if len(mine):
            whole[mine] = largest_remainder(parts["people"].to_numpy()[mine], official[town])
    parts["whole"] = whole
    people = np.bincount(parts["town"], whole, len(towns)).astype(np.int64)
    ledger.towns = ledger.towns.assign(
        raster=raster,
        parts=np.bincount(parts["town"], parts["people"], len(towns)),
        people=people,
        residual=people - raster,
        places=np.bincount(parts["town"][whole > 0], minlength=len(towns)),
    )
    ledger.rows_in, ledger.ok = len(parts), int((whole > 0).sum())
    ledger.ignored = ledger.rows_in - ledger.ok
    ledger.people_in = ledger.people_ok = int(whole.sum())
    ledger.people_most = int(whole.max(initial=0))
    if not ledger.people_ok:
        raise LayerError(ledger.fault("E-RASTER-ZERO"))


def _ids(parts: pd.DataFrame, towns: GeoDataFrame) -> list[str]:
    codes = towns.index.to_numpy()[parts["town"]]
    cells = zip(parts["row"].tolist(), parts["col"].tolist(), codes, strict=True)
    return [f"R{row}C{col}-{code}" for row, col, code in cells]


def _columns(parts: pd.DataFrame, towns: GeoDataFrame, ledger: RasterLedger) -> dict[str, Any]:
    """Return what `read_demand` gives of a place, and warn of what is not known of it."""
    town = parts["town"].to_numpy()
    names = towns["name"].to_numpy()[town]
    cells = zip(names, parts["row"].tolist(), parts["col"].tolist(), strict=True)
    grid = "网格" if ledger.block == 1 else f"{ledger.block}×{ledger.block}网格"
    without = towns["name"][ledger.towns["people"] == 0]
    if len(without):
        ledger.warn("W-TOWN-EMPTY", names=listed(without))
    ledger.warn("W-RURAL", by_name=0, by_town=len(parts))
    return {
        "name": [f"{name} {grid} r{row}c{col}" for name, row, col in cells],
        "town": towns.index.to_numpy()[town].astype(str),
        "rural": (towns["kind"] == "rural").to_numpy()[town],
        "people": parts["whole"].to_numpy(),
        "precision": [""] * len(parts),
    }
