"""The edits of a scenario on roads and speeds."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import shapely

from .geo.crs import DATUMS, WGS84, to_wgs84, transform
from .geo.edits import Roadworks, close, edges_named, edges_of_way, flood, stretches, to_network
from .geo.errors import Fault, NetworkError, StudyError
from .geo.network import Bools, Floats, Network
from .geo.new_roads import Road, build_road
from .layers.datums import SHIFTED, source_of
from .layers.outlines import Outlines, read_outlines
from .scenario_keys import AddRoad, ChangeSpeed, CloseRoads, RoadEdit
from .study import Survey
from .study_keys import Study, wrong_speed
from .wording import MODE_NAMES

AREAS = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)


def edit_roads(
    edit: RoadEdit, works: Roadworks, study: Study, survey: Survey
) -> tuple[Roadworks, Study, str]:
    """
    Return roads and study after an edit, and what it did, in Chinese.

    Raises
    ------
    KepuError
        It matches nothing or changes nothing.
    """
    if isinstance(edit, CloseRoads):
        works, note = _close(edit, works)
        return works, study, note
    if isinstance(edit, AddRoad):
        return (
            _add(edit, works, study, survey),
            study,
            f"新建{edit.highway}道路 {edit.name}".strip(),
        )
    note = f"{MODE_NAMES[edit.mode]}速度：{edit.highway} 道路改为 {edit.kmh:g} km/h"
    return works, _speed(edit, works, study), note


def _close(edit: CloseRoads, works: Roadworks) -> tuple[Roadworks, str]:
    network = works.standing
    if edit.area is not None or edit.area_file is not None:
        value = Path(edit.area_file).name if edit.area_file else "所画范围"
        area = area_of(edit)
        wet = stretches(network, area, bridges=edit.bridges)
        chosen = np.isfinite(wet[:, 0])
        if not chosen.any():
            raise _no_road_in(area, network, value)
        after = flood(works, wet, edit.modes)
        share = np.where(chosen, wet[:, 1] - wet[:, 0], 0.0)
    else:
        value = str(edit.way if edit.way is not None else edit.name)
        chosen = (
            edges_of_way(network, edit.way)
            if edit.way is not None
            else edges_named(network, str(edit.name))
        )
        if not chosen.any():
            raise _no_road_called(network, value)
        after = close(works, chosen, edit.modes)
        share = chosen.astype(float)
    if not _any_closed(works, after, edit.modes):
        facts = {"why": "这些道路本来就不通行", "why_en": "these roads are closed already"}
        raise NetworkError(Fault("E-EDIT-NO-CHANGE", value=value, facts=facts))
    whole = chosen.copy()
    whole[list(works.pieces)] = False
    return after, _closed_text(works, whole, share, value)


def _no_road_in(area: shapely.Geometry, network: Network, value: str) -> NetworkError:
    """Say how far the nearest road is: an area in another datum lies just beside it."""
    away = float(shapely.distance(to_network(network, area), network.lines).min())
    if away == 0:
        facts = {"why": "范围内只有仍通的桥隧", "why_en": "only bridges lie there, which stay open"}
        return NetworkError(Fault("E-EDIT-NO-CHANGE", value=value, facts=facts))
    facts = {"km": f"{max(away / 1000, 0.1):,.1f}"}
    return NetworkError(Fault("E-EDIT-AREA-EMPTY", value=value, facts=facts))


def _no_road_called(network: Network, value: str) -> NetworkError:
    names = sorted({name for name in network.names if name})
    near = difflib.get_close_matches(value, names, 1, 0.4)
    facts = {"what": "道路", "what_en": "road", "near": near[0] if near else "—"}
    return NetworkError(Fault("E-EDIT-NOTHING", value=value, facts=facts))


def _any_closed(before: Roadworks, after: Roadworks, modes: tuple[str, ...]) -> bool:
    """Tell whether any usable stretch is closed that was not."""
    for mode in modes:
        usable = before.standing.open[mode].any(axis=1)
        old, new = before.cuts[mode], after.cuts[mode]
        grown = ~np.isclose(old, new, rtol=0, atol=0, equal_nan=True).all(axis=1)
        if (usable & grown).any():
            return True
    return False


def _closed_text(works: Roadworks, chosen: Bools, share: Floats, value: str) -> str:
    network = works.standing
    km = float((network.length * share)[chosen].sum()) / 1000
    names = [network.names[n] for n in dict.fromkeys(network.name[chosen].tolist())]
    named = [name for name in names if name]
    listed = "、".join(named[:6]) + ("等" if len(named) > 6 else "")
    bridges = int((chosen & network.structure).sum())
    return (
        f"封闭道路（{value}）{int(chosen.sum())}段 {km:.1f}公里"
        + (f"，其中桥隧轮渡{bridges}段" if bridges else "")
        + (f"：{listed}" if listed else "")
    )


def _degrees(points: Sequence[tuple[float, float]], datum: str) -> tuple[Floats, Floats]:
    at = np.array(points, float)
    return to_wgs84(at[:, 0], at[:, 1], datum)


def area_of(edit: CloseRoads) -> shapely.Geometry:
    """
    Return the closed area in degrees WGS 84.

    Raises
    ------
    KepuError
        The file cannot be read, holds no polygon or a crossed one, or its datum is contradicted.
    """
    if edit.area is not None:
        lon, lat = _degrees(edit.area, edit.datum or "WGS84")
        return _valid(shapely.Polygon(np.column_stack([lon, lat])), "area")
    outlines = read_outlines(Path(str(edit.area_file)))
    kinds = shapely.get_type_id(outlines.shapes)
    polygons = outlines.shapes[np.isin(kinds, AREAS) & ~shapely.is_empty(outlines.shapes)]
    if not len(polygons):
        raise StudyError(Fault("E-EDIT-AREA", file=outlines.file, value="0"))
    if not np.isfinite(shapely.get_coordinates(polygons)).all():
        raise StudyError(Fault("E-EDIT-AREA", file=outlines.file, value="NaN"))
    return _valid(_unshifted(polygons, outlines, edit), outlines.file)


def _unshifted(
    polygons: npt.NDArray[np.object_], outlines: Outlines, edit: CloseRoads
) -> shapely.Geometry:
    """Return polygons of a file in degrees WGS 84, as one."""
    own = outlines.crs
    plain = own is None or own.equals(WGS84, ignore_axis_order=True)
    declared = edit.datum or ("WGS84" if plain else None)
    sure = edit.accept_datum or declared in SHIFTED  # which no file can say of itself
    source, _ = source_of(outlines.file, own, outlines.said, declared, accept=sure)
    at = shapely.get_coordinates(polygons)
    most = np.abs(at).max(axis=0)
    if source in DATUMS and (most > (180, 90)).any():
        facts = {"count": len(polygons)}
        code = "E-NOT-DEGREES" if most.max() > 180 else "E-SWAPPED"
        shown = f"{at[0, 0]:.12g}, {at[0, 1]:.12g}"
        raise StudyError(Fault(code, file=outlines.file, value=shown, facts=facts))

    def moved(at: Floats) -> Floats:
        if isinstance(source, str):
            return np.column_stack(to_wgs84(at[:, 0], at[:, 1], source))
        return np.column_stack(transform(at[:, 0], at[:, 1], source, WGS84))

    flat = shapely.transform(shapely.force_2d(polygons), moved)
    for shape in flat:
        _valid(shape, outlines.file)
    return shapely.union_all(flat)


def _valid(shape: shapely.Geometry, name: str) -> shapely.Geometry:
    if shape.is_empty or not shape.is_valid or shape.area == 0:
        reason = "0" if shape.is_empty else str(shapely.is_valid_reason(shape))
        raise StudyError(Fault("E-EDIT-AREA", file=name, value=reason))
    return shape


def _add(edit: AddRoad, works: Roadworks, study: Study, survey: Survey) -> Roadworks:
    lon, lat = _degrees(edit.line, edit.datum)
    line = tuple(zip(lon.tolist(), lat.tolist(), strict=True))
    urban = survey.towns[survey.towns["kind"] == "urban"].to_crs(WGS84)
    middle = shapely.LineString(line).interpolate(0.5, normalized=True)
    road = Road(
        line, edit.highway, edit.name, edit.oneway, edit.bridge, edit.limit_kmh or np.inf,
        bool(urban.geometry.contains(middle).any()),
    )  # fmt: skip
    profiles = [*study.profiles.values()]
    return build_road(works, road, profiles, join_metres=edit.join_metres)


def _speed(edit: ChangeSpeed, works: Roadworks, study: Study) -> Study:
    present = set(works.standing.classes)
    if edit.highway not in present:
        near = difflib.get_close_matches(edit.highway, sorted(present), 1, 0.4)
        facts = {"what": "道路等级", "what_en": "class of road", "near": near[0] if near else "—"}
        raise NetworkError(Fault("E-EDIT-NOTHING", value=edit.highway, facts=facts))
    if facts := wrong_speed(edit.mode, edit.kmh):
        raise StudyError(Fault("E-STUDY-VALUE", value=f"{edit.kmh:g}", facts=facts))
    speeds = {
        **study.speeds,
        edit.mode: {**study.speeds.get(edit.mode, {}), edit.highway: edit.kmh},
    }
    changed = study.model_copy(update={"speeds": speeds})
    if changed.profiles[edit.mode].speeds == study.profiles[edit.mode].speeds:
        facts = {"why": "速度没有变", "why_en": "the speed is the same"}
        raise NetworkError(Fault("E-EDIT-NO-CHANGE", value=edit.highway, facts=facts))
    return changed
