"""Topology: outlines that are valid, do not overlap and leave no gaps."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import shapely
from geopandas import GeoDataFrame

from ..geo.errors import Fault, LayerError
from .ledger import Ledger, listed

REPAIR_SHARE = 1e-4
"""A repair may change an outline's area by less."""
FAULT_SHARE = 1e-3
"""Overlaps or gaps of more of the district's area stop."""
NOISE_SQUARE_METRES = 1.0
SLIVERS = ((10.0, 100.0), (60.0, 40_000.0))
"""Half the width up to which an open slit between towns is a gap, and the least area in m2."""
TOUCH_METRES = 0.1
PART_SQUARE_METRES = 10_000.0
PART_SHARE = 1e-3
"""Parts of a town smaller than both are left over from drawing."""


def repaired(
    shapes: npt.NDArray[np.object_], names: list[str], ledger: Ledger
) -> npt.NDArray[np.object_]:
    """
    Return valid outlines; one whose area a repair would change is refused.

    Parameters
    ----------
    shapes
        Polygons in metres, in the order of the rows 1, 2, ....
    names
        What to call them.
    ledger
        Gets a warning for each repair and a fault for each refusal.
    """
    fixed = shapes.copy()
    for i in np.flatnonzero(~shapely.is_valid(shapes)):
        fixed[i] = shapely.make_valid(shapes[i], method="structure", keep_collapsed=False)
        before, after = shapes[i].area, fixed[i].area
        facts = {
            "reason": shapely.is_valid_reason(shapes[i]),
            "square_metres": f"{abs(after - before):.1f}",
        }
        if abs(after - before) < REPAIR_SHARE * max(before, after):
            ledger.warn("W-OUTLINE-REPAIRED", name=names[i], **facts)
        else:
            ledger.refuse(int(i) + 1, "Q-OUTLINE-INVALID", value=names[i], **facts)
    return fixed


def check_topology(towns: GeoDataFrame, ledger: Ledger, accept_gaps: bool = False) -> None:
    """
    Measure overlaps and gaps between towns, and tiny parts of them.

    Parameters
    ----------
    towns, ledger
        Outlines in metres, and where warnings go.
    accept_gaps
        Whether gaps of any size are only a warning: enclaves of others are real.

    Raises
    ------
    LayerError
        Overlaps or gaps take more than 0.1 % of the district's area.
    """
    shapes = np.asarray(towns.geometry, object)
    names = list(towns["name"])
    _warn_parts(shapes, names, ledger)
    union = shapely.union_all(shapes)
    over, pairs = _overlaps(shapes)
    gap = _gaps(shapes, union)
    gap_area = sum(part.area for part in gap)
    gap_at = ["{:.0f} {:.0f}".format(*part.representative_point().coords[0]) for part in gap]
    faults = []
    for stop, warn, area, where in (
        ("E-OVERLAP", "W-OVERLAP", over, [f"{names[i]}/{names[j]}" for i, j in pairs]),
        ("E-GAP", "W-GAP", gap_area, gap_at),
    ):
        facts = {
            "square_metres": f"{area:.0f}",
            "percent": f"{100 * area / union.area:.3g}",
            "places": listed(where),
        }
        large = area > FAULT_SHARE * union.area
        if large and stop == "E-GAP" and accept_gaps:
            ledger.warn("W-GAP-ACCEPTED", **facts)
        elif large:
            faults.append(Fault(stop, ledger.file, ledger.sheet, facts=facts))
        elif where:
            ledger.warn(warn, **facts)
    if faults:
        raise LayerError(*faults)


def _warn_parts(shapes: npt.NDArray[np.object_], names: list[str], ledger: Ledger) -> None:
    """Warn of towns with parts so small that they are left over from drawing."""
    for shape, name in zip(shapes, names, strict=True):
        areas = shapely.area(shapely.get_parts(shape))
        tiny = areas < min(PART_SQUARE_METRES, PART_SHARE * areas.sum())
        if tiny.any():
            total = f"{areas[tiny].sum():.0f}"
            ledger.warn("W-SLIVER", name=name, count=int(tiny.sum()), square_metres=total)


def _overlaps(shapes: npt.NDArray[np.object_]) -> tuple[float, list[tuple[int, int]]]:
    one, other = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    one, other = one[one < other], other[one < other]
    areas = shapely.area(shapely.intersection(shapes[one], shapes[other]))
    real = areas > NOISE_SQUARE_METRES
    pairs = list(zip(one[real].tolist(), other[real].tolist(), strict=True))
    return float(areas[real].sum()), pairs


def _gaps(shapes: npt.NDArray[np.object_], union: shapely.Geometry) -> list[shapely.Polygon]:
    """Return the holes of the union, and the slits that open outwards between two towns."""
    parts = shapely.get_parts(union)
    rings = [ring for part in parts for ring in part.interiors]
    holes = shapely.get_parts(
        shapely.difference(shapely.union_all(shapely.polygons(rings)), union) if rings else []
    )
    found = [hole for hole in holes if hole.area > NOISE_SQUARE_METRES]
    outside = shapely.union_all([union, *holes])
    for metres, least in SLIVERS:
        closed = union.buffer(metres, join_style="mitre").buffer(-metres, join_style="mitre")
        for sliver in shapely.get_parts(shapely.difference(closed, outside)):
            beside = np.count_nonzero(shapely.dwithin(shapes, sliver, TOUCH_METRES))
            if sliver.area > least and beside > 1:
                found.append(sliver)
    return list(shapely.get_parts(shapely.union_all(found))) if found else []
