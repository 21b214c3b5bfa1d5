"""Roads of the countryside: links, lanes of villages and hamlets, tracks, paths and a ferry."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import combinations, pairwise
from random import Random

import networkx as nx
import numpy as np
from illustrative_ground import Ground, Spot, cm, metres, rounded, thinned, wander
from illustrative_lines import Line, along
from illustrative_places import ANCHORS, CLEAR_METRES, UNCONNECTED, Place
from illustrative_streets import Vertices
from shapely import LineString, Point, box, prepare, unary_union
from shapely.geometry.base import BaseGeometry

REACH_METRES = 8000
SITE_METRES = 900
ISLAND = (113.1225, 23.803)
ISLAND_METRES = 420
FERRY_LON = 112.957
LINK_TAGS = {
    "tertiary": ({"surface": "asphalt"}, {"surface": "asphalt", "maxspeed": "40"}, {}),
    "unclassified": (
        {"surface": "concrete"}, {"surface": "concrete", "lanes": "1"}, {"surface": "unpaved"}, {},
    ),
}  # fmt: skip


def blocked(ground: Ground, ramps: Iterable[Line]) -> BaseGeometry:
    """Return what no small road may touch: water, ramps, the clear land of the remotest places."""
    clear = [Point(metres(*ANCHORS[code])).buffer(CLEAR_METRES) for code in UNCONNECTED]
    island = Point(metres(*ISLAND)).buffer(ISLAND_METRES)
    ramp = unary_union([line.shape for line in ramps]).buffer(12)
    area = unary_union([ground.wet.buffer(14), ramp, island, *clear])
    prepare(area)
    return area


def sites(arterials: Sequence[Line], away: BaseGeometry) -> list[Spot]:
    """Return vertices of main roads about every `SITE_METRES`, off what is to be kept clear."""
    found: set[Spot] = set()
    for line in arterials:
        last = -SITE_METRES / 2
        for spot, run in zip(line.spots, along(line.spots), strict=True):
            if line.ground and run - last >= SITE_METRES and not away.intersects(Point(spot)):
                found.add(spot)
                last = run
    return sorted(found)


def outside_nuclei(ground: Ground, rng: Random, count: int) -> list[Spot]:
    """Return village centres, unnamed, in the neighbouring counties near the border."""
    west, south = metres(112.80, 23.40)
    east, north = metres(113.46, 23.96)
    ring = ground.district.buffer(8500).difference(ground.district.buffer(900))
    ring = ring.intersection(box(west, south, east, north)).difference(ground.wet.buffer(400))
    prepare(ring)
    found: list[Spot] = []
    while len(found) < count:
        spot = cm(rng.uniform(west, east), rng.uniform(south, north))
        if ring.contains(Point(spot)) and all(math.dist(spot, other) > 1700 for other in found):
            found.append(spot)
    return found


def links(
    nuclei: Sequence[Spot], posts: Sequence[Spot], block: BaseGeometry, rng: Random
) -> list[Line]:
    """
    Join villages to each other and to the main roads.

    The relative neighbourhood graph and a third of the rest of the Gabriel graph, without what
    meets an obstacle; whatever that cuts off is joined by the shortest link that does not.
    """
    spots = np.array([*nuclei, *posts])
    graph = nx.Graph()
    graph.add_nodes_from(range(len(spots)))
    gaps = np.hypot(*(spots[:, None, :] - spots[None, :, :]).transpose(2, 0, 1))
    near = [
        (float(gaps[i, j]), i, j)
        for i, j in combinations(range(len(spots)), 2)
        if i < len(nuclei) and gaps[i, j] < REACH_METRES
    ]
    for gap, i, j in sorted(near):
        relative = not bool((np.maximum(gaps[i], gaps[j]) < gap).any())
        gabriel = not bool((gaps[i] ** 2 + gaps[j] ** 2 < gap**2 - 1).any())
        if (relative or (gabriel and rng.random() < 0.33)) and _free(spots, i, j, block):
            graph.add_edge(i, j, weight=gap)
    hub = list(range(len(nuclei), len(spots)))
    nx.add_star(graph, [-1, *hub], weight=1.0)
    for gap, i, j in sorted(near) * 2:
        cut_off = nx.has_path(graph, i, -1) != nx.has_path(graph, j, -1)
        if cut_off and _free(spots, i, j, block):
            graph.add_edge(i, j, weight=gap)
    return _drawn(graph, spots, len(nuclei), block, rng)


def _free(spots: np.ndarray, i: int, j: int, block: BaseGeometry) -> bool:
    return not block.intersects(LineString([spots[i], spots[j]]))


def _drawn(
    graph: nx.Graph, spots: np.ndarray, count: int, block: BaseGeometry, rng: Random
) -> list[Line]:
    """Turn links into roads: those on the way of three or more villages are tertiary."""
    used: Counter[tuple[int, int]] = Counter()
    ways = nx.single_source_dijkstra_path(graph, -1)
    for village in set(range(count)) & set(ways):
        used.update(tuple(sorted(pair)) for pair in pairwise(ways[village]))
    lines = []
    number = 100
    for i, j in sorted(tuple(sorted(edge)) for edge in graph.edges):
        if i == -1:
            continue
        start, end = cm(*spots[i].tolist()), cm(*spots[j].tolist())
        highway = "tertiary" if used[i, j] >= 3 else "unclassified"
        tags = {"highway": highway} | rng.choice(LINK_TAGS[highway])
        if highway == "tertiary":
            number += 1
            tags["ref"] = f"Y{number}"
        lines.append(Line(winding(start, end, block, rng, 0.09), tags, kind="link"))
    return lines


def winding(start: Spot, end: Spot, block: BaseGeometry, rng: Random, sway: float) -> list[Spot]:
    """Return a winding line that keeps off the obstacles, straighter the harder that is."""
    for part in (1.0, 0.7, 0.45, 0.25, 0.0):
        line = thinned(rounded(wander([start, end], rng, sway * part, 260), 2), 3.0)
        if not block.intersects(LineString(line)):
            return line
    return [start, end]


def _toward(start: Spot, turn: float, reach: float) -> Spot:
    return cm(start[0] + reach * math.cos(turn), start[1] + reach * math.sin(turn))


def web(nucleus: Spot, block: BaseGeometry, rng: Random, size: float) -> list[Line]:
    """Return the lanes of a village: a few branches from its nucleus, some with twigs."""
    lines = []
    count = rng.randint(3, 5)
    first = rng.uniform(0, 2 * math.pi)
    for number in range(count):
        turn = first + 2 * math.pi * number / count + rng.uniform(-0.4, 0.4)
        end = _toward(nucleus, turn, rng.uniform(0.5, 1.2) * size)
        spots = wander([nucleus, end], rng, 0.1, 110)
        twig = rng.random() < 0.7
        knot = spots[len(spots) // 2]
        reach = rng.uniform(0.25, 0.7) * size
        tip = _toward(knot, turn + rng.choice((-1, 1)) * rng.uniform(1.0, 1.9), reach)
        for line in (spots, [knot, tip]) if twig and knot != spots[-1] else (spots,):
            if block.intersects(LineString(line)):
                break
            highway = rng.choice(("residential", "residential", "residential", "service"))
            surface = {"surface": "concrete"} if rng.random() < 0.6 else {}
            lines.append(Line(line, {"highway": highway, **surface}, kind="web"))
    return lines


def hamlets(
    nuclei: Sequence[Spot], vertices: Vertices, block: BaseGeometry, rng: Random
) -> list[Line]:
    """Return the roads to the hamlets round each village, and the tracks into their fields."""
    lines: list[Line] = []
    for nucleus in nuclei:
        for _ in range(rng.randint(2, 4)):
            hamlet = _toward(nucleus, rng.uniform(0, 2 * math.pi), rng.uniform(450, 1500))
            spur = _spur(hamlet, vertices, block, rng)
            if spur:
                lanes = web(hamlet, block, rng, 110)[:3]
                added = [spur, *(lanes if spur.tags["highway"] != "track" else [])]
                added += [_track(hamlet, block, rng) for _ in range(rng.randint(0, 2))]
                for line in added:
                    if len(line.spots) > 1:
                        lines.append(line)
                        vertices.add(line)
    return lines


def _spur(hamlet: Spot, vertices: Vertices, block: BaseGeometry, rng: Random) -> Line | None:
    tags = rng.choice((
        {"highway": "unclassified", "surface": "concrete"}, {"highway": "unclassified"},
        {"highway": "residential"}, {"highway": "service", "surface": "concrete"},
        {"highway": "track", "tracktype": "grade1", "surface": "concrete"},
        {"highway": "unclassified", "surface": "unpaved"},
    ))  # fmt: skip
    for vertex in vertices.near(hamlet, 1800)[:6]:
        if math.dist(vertex, hamlet) > 60 and not block.intersects(LineString([vertex, hamlet])):
            return Line(winding(vertex, hamlet, block, rng, 0.1), dict(tags), kind="spur")
    return None


def _track(start: Spot, block: BaseGeometry, rng: Random) -> Line:
    """Return a field track that ends blind; without vertices where an obstacle is in the way."""
    end = _toward(start, rng.uniform(0, 2 * math.pi), rng.uniform(350, 1100))
    spots = thinned(rounded(wander([start, end], rng, 0.14, 230), 1), 4)
    grade = rng.choice(("grade2", "grade3", "grade3", "grade4", "grade5"))
    surface = {"grade2": "gravel", "grade5": "dirt"}.get(grade)
    tags = {"highway": "track", "tracktype": grade} | ({"surface": surface} if surface else {})
    return Line([] if block.intersects(LineString(spots)) else spots, tags, kind="track")


def hill_paths(ground: Ground, vertices: Vertices, block: BaseGeometry, rng: Random) -> list[Line]:
    """Return paths and steps over the hills, and one island of paths that nothing reaches."""
    lines = []
    for hill in ground.hills.geoms:
        centre = (hill.centroid.x, hill.centroid.y)
        ends = [v for v in vertices.near(centre, 2900) if not hill.contains(Point(v))]
        tops = [cm(centre[0] + rng.uniform(-400, 400), centre[1] + rng.uniform(-400, 400))]
        for end in rng.sample(ends, min(3, len(ends))):
            spots = winding(end, tops[0], block, rng, 0.13)
            if len(spots) > 5 and not block.intersects(LineString(spots)):
                lines.append(Line(spots[:-3], {"highway": "path"}, kind="path"))
                steps = {"highway": "steps", "surface": "stone"}
                lines.append(Line(spots[-4:], steps, kind="path"))
    x, y = metres(*ISLAND)
    ring = [_toward((x, y), 2 * math.pi * k / 9, 170 + 60 * math.sin(2.3 * k)) for k in range(9)]
    lines.append(Line([*ring, ring[0]], {"highway": "path", "surface": "dirt"}, kind="island"))
    far = _toward(ring[2], 1.2, 130)
    lines.append(Line([ring[2], far], {"highway": "footway"}, kind="island"))
    return lines


def ferry(ground: Ground, vertices: Vertices, rng: Random) -> list[Line]:
    """Return the ferry over the 北江 near 石角, and a road from each landing."""
    x = metres(FERRY_LON, 23.5)[0]
    index = min(range(1, len(ground.river) - 1), key=lambda i: abs(ground.river[i][0] - x))
    (ax, ay), (bx, by) = ground.river[index - 1], ground.river[index + 1]
    turn = math.atan2(by - ay, bx - ax) + math.pi / 2
    landings = []
    lines = []
    for side in (turn, turn + math.pi):
        reach = next(
            r for r in range(100, 900, 5)
            if not ground.water.intersects(Point(_toward(ground.river[index], side, r)))
        )  # fmt: skip
        landing = _toward(ground.river[index], side, reach + 6)
        landings.append(landing)
        for vertex in vertices.near(landing, 3000):
            if not ground.wet.intersects(LineString([vertex, landing])):
                spots = winding(vertex, landing, ground.wet, rng, 0.06)
                tags = {"highway": "unclassified", "surface": "concrete"}
                lines.append(Line(spots, tags, kind="landing"))
                break
    tags = {"route": "ferry", "name": "石角横水渡", "foot": "yes", "bicycle": "yes"}
    tags |= {"motor_vehicle": "no", "duration": "00:10"}
    spots = [landings[0], ground.river[index], landings[1]]
    return [*lines, Line(spots, tags, ground=False, kind="ferry")]


def web_places(places: Sequence[Place]) -> list[Place]:
    """Return the places that have roads of their own: not in the grid, not cut off."""
    return [p for p in places if not p.built_up and p.code not in UNCONNECTED]
