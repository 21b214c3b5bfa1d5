"""What the layers say of each other: roads of another place, the wrong datum, the missing edge."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import shapely
from geopandas import GeoDataFrame

from .coverage.opening import UNKNOWN, states
from .coverage.sentences import GROUP_WORDS
from .coverage.share import in_use, serving
from .coverage.times import Times
from .geo.errors import CrsError, Fault, LayerError
from .geo.network import Network
from .geo.probe import FEWEST, Probe, probe_datum
from .geo.profile import default_profiles
from .inputs import Layers
from .layers.edges import people_near_border
from .study_keys import DemandSource, Study, VenueSource

ENOUGH_BUFFER = 0.5
"""Roads that reach half of the buffer on every side are not complained about."""
REACH_KMH = {"walk": 4.0, "ebike": 15.0, "car": 40.0}
"""How far a limit reaches across the border, on a straight line with the detour taken off."""
LISTED = 10
"""Names in one message."""


def check_roads(study: Study, layers: Layers, network: Network) -> list[Fault]:
    """Refuse roads of another place; warn where they cover only a part of the district."""
    box = shapely.box(network.lon.min(), network.lat.min(), network.lon.max(), network.lat.max())
    places = layers.demand.geometry.to_crs(4326)
    inside = float(places.within(box).mean())
    facts = {"percent": f"{100 * inside:.1f}"}
    if inside < 0.5:
        raise LayerError(Fault("E-ROADS-ELSEWHERE", file=study.roads.file, facts=facts))
    if inside < 1.0:
        return [Fault("W-ROADS-PART", file=study.roads.file, facts=facts)]
    west, south, east, north = layers.towns.total_bounds
    x, y = network.extent_in(layers.towns.crs)
    beyond = min(west - x[0], south - y[0], x[1] - east, y[1] - north) / 1000
    if beyond < study.study.buffer_km * ENOUGH_BUFFER:
        facts = {"km": f"{max(beyond, 0):.1f}", "buffer": f"{study.study.buffer_km:g}"}
        return [Fault("W-ROADS-BUFFER", file=study.roads.file, facts=facts)]
    return []


def check_edges(study: Study, layers: Layers) -> list[Fault]:
    """Tell whose coverage suffers where no venues beyond the border are given."""
    outside = layers.venues[layers.venues["outside"] & (layers.venues["status"] == "open")]
    people = int(layers.demand["people"].sum())
    found = []
    for standard in study.standards:
        if set(standard.types) & set(outside["type"]):
            continue
        detour = study.profiles[standard.mode].detour or 1.0
        metres = REACH_KMH[standard.mode] * 1000 / 60 * standard.minutes / max(detour, 1.0)
        near = people_near_border(layers.demand, layers.towns, metres)
        found.append(f"{standard.name}（{100 * near / people:.1f}%）")
    return [Fault("W-EDGE", facts={"standards": "、".join(found)})] if found else []


def check_datums(
    study: Study, layers: Layers, network: Network
) -> tuple[dict[str, dict[str, float]], list[Fault]]:
    """
    Ask the roads whether venues and demand are in the datum that the study declares.

    A table is asked as a whole, and then each of its sources that names enough points: one of them
    may have come from another map.

    Returns
    -------
    dict
        Median metres to the nearest road by table and datum.
    list
        Warnings where the roads cannot tell, or contradict and the study insists.

    Raises
    ------
    CrsError
        The roads contradict the study.
    """
    found: dict[str, dict[str, float]] = {}
    warnings: list[Fault] = []
    for name, layer, source in (
        ("venues", layers.venues, study.venues),
        ("demand", layers.demand, study.demand),
    ):
        if source.datum is None:  # a raster bears its own reference system
            continue
        for part, rows in _parts(layer):
            probe, fault = _ask(network, rows, source, part)
            if part is None:
                found[name] = probe.metres
            if fault is not None and fault.code == "E-DATUM-PROBE":
                raise CrsError(fault)
            if fault is not None:
                warnings.append(fault)
    return found, warnings


def _parts(layer: GeoDataFrame) -> Iterator[tuple[str | None, GeoDataFrame]]:
    """Yield the whole layer, and the points of each source and stated datum, enough of them."""
    yield None, layer
    columns = [name for name in ("source", "datum") if name in layer]
    groups = layer.groupby(columns) if columns else ()
    for key, rows in groups:
        if FEWEST <= len(rows) < len(layer):
            yield "、".join(str(part) for part in key if str(part)), rows


def _ask(
    network: Network, rows: GeoDataFrame, source: VenueSource | DemandSource, part: str | None
) -> tuple[Probe, Fault | None]:
    """Probe some points; return what to say of it: an error, a warning or nothing."""
    points = rows.geometry.to_crs(4326)
    own = str(rows["datum"].iloc[0]) if part is not None and "datum" in rows else ""
    stated = own or source.datum
    declared = stated if stated in ("GCJ02", "BD09") else "WGS84"
    probe = probe_datum(network, points.x.to_numpy(), points.y.to_numpy(), declared)
    facts: dict[str, object] = {name: f"{metres:.0f}" for name, metres in probe.metres.items()}
    facts |= {"declared": stated, "winner": str(probe.winner), "count": len(rows)}
    code = None
    if probe.winner is None:
        code = "W-DATUM-UNSURE" if part is None and len(rows) >= FEWEST else None
    elif probe.winner != declared:
        code = "W-DATUM-PROBE" if source.accept_datum else "E-DATUM-PROBE"
    return probe, Fault(code, file=source.file, value=part, facts=facts) if code else None


def check_snaps(layers: Layers, times: Mapping[str, Times]) -> list[Fault]:
    """List what is not connected, and walks that cross a river, a railway or a motorway."""
    warnings = []
    places = layers.demand["name"].to_numpy()
    venues = layers.venues["name"].to_numpy()
    people = layers.demand["people"].to_numpy()
    for mode, table in times.items():
        for code, names, chosen in (
            ("W-NOT-CONNECTED", places, ~table.connected),
            ("W-VENUE-NOT-CONNECTED", venues, ~table.venue_doors.snaps.connected),
            ("W-SNAP-CROSSES", places, table.place_doors.snaps.crosses),
        ):
            if chosen.any():
                facts: dict[str, object] = {
                    "mode": default_profiles()[mode].name_zh,
                    "mode_en": mode,
                    "count": int(chosen.sum()),
                    "names": "、".join(names[chosen][:LISTED]),
                }
                if names is places:
                    facts["people"] = f"{people[chosen].sum():,}"
                warnings.append(Fault(code, facts=facts))
    return warnings


def check_hours(study: Study, layers: Layers) -> list[Fault]:
    """Tell how many venues' hours are unknown where a standard asks for a moment."""
    found = []
    for standard in study.wanted:
        if standard.opening:
            used = layers.venues[serving(layers.venues, standard.types, standard.group)]
            unknown = used["name"][states(used, standard.opening) == UNKNOWN]
            if len(unknown):
                facts: dict[str, object] = {
                    "standard": standard.name,
                    "count": len(unknown),
                    "total": len(used),
                    "names": "、".join(unknown[:LISTED]),
                }
                found.append(Fault("W-HOURS-UNKNOWN", file=study.venues.file, facts=facts))
    return found


def check_audience(study: Study, layers: Layers) -> list[Fault]:
    """Tell how many venues do not count for a standard because they are for other groups."""
    found = []
    for standard in study.wanted:
        used = in_use(layers.venues, standard.types)
        others = used & ~serving(layers.venues, standard.types, standard.group)
        if others.any():
            names = layers.venues["name"][others]
            facts: dict[str, object] = {
                "standard": standard.name,
                "group": GROUP_WORDS[standard.group] or "全体居民",
                "group_en": standard.group,
                "count": int(others.sum()),
                "total": int(used.sum()),
                "names": "、".join(names[:LISTED]),
            }
            found.append(Fault("W-OTHER-GROUPS", file=study.venues.file, facts=facts))
    return found
