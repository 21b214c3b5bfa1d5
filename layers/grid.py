"""The cells of a raster over a district: their area, their shares in outlines, their people."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt
from geopandas import GeoDataFrame
from pyproj import CRS

from ..geo.crs import WGS84, is_metric
from ..geo.errors import CrsError, Fault, LayerError

Kind = Literal["count", "density"]
Whole = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bounds = tuple[float, float, float, float]

KINDS = get_args(Kind)
SQUARE_METRES = 1e6


@dataclass(frozen=True, eq=False)
class Grid:
    """
    The cells of a raster over a district.

    Parameters
    ----------
    file
        Name of the file.
    values
        As they stand in the file; 0 where there are no data.
    empty
        Where there are no data: the cell says so, or is not a number.
    row, col
        Number of the first row and column in the file, from 0.
    west, north
        Outer corner of the first cell.
    width, height
        Of a cell, in units of `crs`.
    crs
        Geographic in degrees, or projected.
    extent
        West, south, east, north of the whole raster.
    not_numbers
        How many cells are not a number though the file declares another mark for no data.
    """

    file: str
    values: Floats
    empty: npt.NDArray[np.bool_]
    row: int
    col: int
    west: float
    north: float
    width: float
    height: float
    crs: CRS
    extent: Bounds
    not_numbers: int

    @property
    def bounds(self) -> Bounds:
        """West, south, east, north of the window."""
        rows, cols = self.values.shape
        return (
            self.west,
            self.north - rows * self.height,
            self.west + cols * self.width,
            self.north,
        )

    @cached_property
    def square_km(self) -> Floats | None:
        """Ground area of the cells of each row; none in a plane that is not in ground metres."""
        rows = self.values.shape[0]
        if self.crs.is_geographic:
            edges = self.north - np.arange(rows + 1) * self.height
            return _band_square_km(self.crs, np.clip(edges, -90, 90), self.width)
        if is_metric(self.crs):
            return np.full(rows, self.width * self.height / SQUARE_METRES)
        return None

    def shares(self, outlines: npt.NDArray[np.object_]) -> tuple[Whole, Whole, Floats]:
        """
        Return the exact shares of the cells in outlines, in the plane of the raster.

        Parameters
        ----------
        outlines
            Polygons in `crs`.

        Returns
        -------
        tuple of ndarray
            One item a cell and outline that meet: place of the cell in the window, by rows; place
            of the outline; share of the cell, with the precision of a 32-bit float.

        Raises
        ------
        LayerError
            E-DAMAGED, the cells make no grid.
        """
        from exactextract import exact_extract
        from exactextract.raster import NumPyRasterSource

        blank = np.zeros(self.values.shape, np.uint8)
        source = NumPyRasterSource(blank, *self.bounds, srs_wkt=self.crs.to_wkt())
        frame = GeoDataFrame(geometry=outlines, crs=self.crs)
        try:
            found = exact_extract(source, frame, ["cell_id", "coverage"], output="pandas")
        except RuntimeError as error:
            # Cells so small or large beside their corner that floats cannot tell their edges.
            raise LayerError(Fault("E-DAMAGED", self.file, facts={"problem": error})) from error
        sizes = [len(ids) for ids in found["cell_id"]]
        cells = np.concatenate(found["cell_id"].to_list()).astype(np.int64)
        shares = np.concatenate(found["coverage"].to_list()).astype(float)
        return cells, np.repeat(np.arange(len(outlines)), sizes), shares

    def people(self, kind: Kind) -> Floats:
        """
        Return the people of every cell.

        Raises
        ------
        CrsError
            E-RASTER-DENSITY, people per km2 in a plane that is not in ground metres.
        """
        if kind == "count":
            return self.values
        if self.square_km is None:
            raise CrsError(Fault("E-RASTER-DENSITY", self.file, value=self.crs.name))
        return np.asarray(self.values * self.square_km[:, None], float)


def _band_square_km(crs: CRS, edges: Floats, width: float) -> Floats:
    """
    Return the area between parallels over `width` degrees of longitude, on the ellipsoid.

    Snyder, Map Projections: A Working Manual (USGS 1987), eq. 3-12, the authalic q.
    """
    axes = (crs.ellipsoid, WGS84.ellipsoid)
    a, b = next((one.semi_major_metre, one.semi_minor_metre) for one in axes if one is not None)
    e2 = 1 - (b / a) ** 2
    e = math.sqrt(e2)
    sine = np.sin(np.radians(edges))
    inner = np.arctanh(e * sine) / e if e else sine
    zone = b * b / 2 * (sine / (1 - e2 * sine**2) + inner)
    return np.asarray(math.radians(width) * (zone[:-1] - zone[1:]) / SQUARE_METRES, float)
