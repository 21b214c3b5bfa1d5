"""Faults of the road network: R of the catalogue."""

from __future__ import annotations

from . import healthy, kinds

planted = kinds.planted
SMALL_SNAP = "\n".join(f"[modes.{mode}]\nsnap_metres = 100\n" for mode in ("walk", "ebike", "car"))

ROOM, HALL = "社区科普活动室步行5分钟·分钟", "科普场馆驾车30分钟·分钟"


def first_edge(f):
    """The road of the first place and its room."""
    return healthy.edge(f.ways, (2, 2), (3, 2))


def new_way(f, points, tags, *, begin=()):
    """Draw a way of new nodes, after the nodes `begin`."""
    names = [900_000 + len(f.nodes) + number for number in range(len(points))]
    for name, (x, y) in zip(names, points, strict=True):
        f.nodes[name] = (x, y, {})
    f.ways[900_000 + len(f.ways)] = ([*begin, *names], tags)
    return names


def near_only(f):
    f.say('[[standards]]\nkey = "room"', SMALL_SNAP + '[[standards]]\nkey = "room"')


def column(sheet, name):
    return [row[name] for row in sheet]


def same_minutes(found, ok):
    for name in ok.sheet("places")[0]:
        if "分钟" in name:
            assert column(found.sheet("places"), name) == column(ok.sheet("places"), name)


@planted("R1 far from every road", 0, "W-NOT-CONNECTED",
         says=("河东000号社区", "10 people"), room=-10, hall=-10)  # fmt: skip
def _(f):
    near_only(f)
    f.demand[0].update(纬度="23.683")


@planted("R1 a venue far from every road", 0, "W-VENUE-NOT-CONNECTED", says=("活动室",), room=-1000)
def _(f):
    near_only(f)
    f.venues[1].update(经度="113.055", 纬度="23.685")


@planted("R1 a river all around", 0, "W-SNAP-CROSSES", says=("河东000号社区",))
def _(f):
    x, y, r = 113.023, 23.680225, 0.0001
    around = [(x - r, y - r), (x + r, y - r), (x + r, y + r), (x - r, y + r), (x - r, y - r)]
    new_way(f, around, {"waterway": "river"})


for tags in ({"waterway": "river"}, {"railway": "rail"}, {"highway": "motorway"}):
    planted(f"R1 {tags} between a place and its road", 0, room=-10)(
        lambda f, tags=tags: new_way(f, [(113.0215, 23.68018), (113.0245, 23.68018)], tags)
    )
planted("R1 a motorway beside a place", 0, also=same_minutes)(
    lambda f: new_way(f, [(113.0215, 23.68028), (113.0245, 23.68028)], {"highway": "motorway"})
)
planted("R3 a road that leads nowhere beside a place", 0, also=same_minutes)(
    lambda f: new_way(f, [(113.0215, 23.68028), (113.0245, 23.68028)], {"highway": "residential"})
)


def four_minutes_more(found, ok):
    before, after = (float(run.sheet("places")[0][ROOM]) for run in (ok, found))
    assert 3.8 <= after - before <= 4.1


planted("R2 200 metres farther from the road", 0, also=four_minutes_more)(
    lambda f: f.demand[0].update(纬度=f"{23.680225 + 200 / 110_760:.6f}")
)


def nobody(found, _):
    places = found.sheet("places")
    assert {row[HALL] for row in places} == {""}
    assert {row["科普场馆驾车30分钟·说明"] for row in places} == {"无可到达的此类设施"}


@planted("R3 no hall is open", 0, "W-EDGE", hall=-healthy.ALL_PEOPLE, also=nobody)
def _(f):
    for row in f.venues:
        if row["名称"].endswith("科普馆"):
            row["状态"] = "停用"


@planted("R4 a slower road beside each road", 0, also=same_minutes)
def _(f):
    for refs, tags in list(f.ways.values()):
        if tags.get("highway") in healthy.CLASSES:
            x, y, _ = f.nodes[refs[1]]
            twin = 800_000 + len(f.ways)
            f.nodes[twin] = (x - 0.002, y - 0.002, {})
            slow = {"highway": "track", "tracktype": "grade5"}
            f.ways[twin] = ([refs[0], twin, refs[-1]], slow)


@planted("R5 a road without length", 0, also=same_minutes)
def _(f):
    way, node = first_edge(f), healthy.node_id(2, 2)
    x, y, _ = f.nodes[node]
    (twin,) = new_way(f, [(x, y)], {"highway": "residential"}, begin=(node,))
    refs, tags = f.ways[way]
    f.ways[way] = ([twin if ref == node else ref for ref in refs], tags)


@planted("R9 an unknown class of road", 3, "E-OSM-CLASS", says=("moterway",), check=0)
def _(f):
    f.ways[first_edge(f)][1]["highway"] = "moterway"


def island(f, *, ferries):
    """A village on an island that only a ferry reaches."""
    near_only(f)
    shore = healthy.node_id(3, 3)
    (pier,) = new_way(f, [(113.0252, 23.685)], {"route": "ferry"}, begin=(shore,))
    new_way(f, [(113.0248, 23.685)], {"highway": "residential"}, begin=(pier,))
    f.demand[0].update(经度="113.025", 纬度="23.6851")
    if ferries:
        f.say('file = "roads.osm.pbf"', 'file = "roads.osm.pbf"\nferries = true')


def waited(found, _):
    assert 10 < float(found.sheet("places")[0][HALL]) < 25


planted("R11 a ferry, not used", 0, "W-NOT-CONNECTED", says=("河东000号社区",), room=-10, hall=-10)(
    lambda f: island(f, ferries=False)
)
planted("R11 a ferry, used", 0, room=-10, also=waited)(lambda f: island(f, ferries=True))
for tags in ({"access": "no"}, {"access": "private"}, {"foot": "no"}, {"motorroad": "yes"}):
    planted(f"R12 {tags}", 0, room=-10)(lambda f, tags=tags: f.ways[first_edge(f)][1].update(tags))


def only_cars(found, ok):
    before, after = (run.sheet("places")[0] for run in (ok, found))
    assert after[ROOM] == before[ROOM]
    assert float(after["驾车接入距离（米）"]) > 5 * float(before["驾车接入距离（米）"])


planted("R12 motor_vehicle=no", 0, also=only_cars)(
    lambda f: f.ways[first_edge(f)][1].update(motor_vehicle="no")
)
planted("R12 private, but open on foot", 0, also=only_cars)(
    lambda f: f.ways[first_edge(f)][1].update(access="private", foot="yes")
)


@planted("R14 roads clipped to the district", 0, "W-ROADS-PART", says=("roads.osm",), room=-1000)
def _(f):
    inner = {healthy.node_id(i, j) for i in healthy.INNER_COLUMNS for j in healthy.INNER_ROWS}
    f.ways = {k: way for k, way in f.ways.items() if inner.issuperset((way[0][0], way[0][-1]))}
    used = {ref for refs, _ in f.ways.values() for ref in refs}
    f.nodes = {k: node for k, node in f.nodes.items() if k in used}


@planted("R14 roads of another place", 3, "E-ROADS-ELSEWHERE", says=("roads.osm",), check=0)
def _(f):
    f.nodes = {k: (x + 1, y, tags) for k, (x, y, tags) in f.nodes.items()}


planted("R15 venues next door left out", 3, "E-QUARANTINE", "Q-FAR", says=("venues.csv",), check=2)(
    lambda f: f.say("buffer_km = 2", "buffer_km = 0")
)
planted(
    "R15 the venues next door left out, accepted", 2, "W-QUARANTINE", "Q-FAR",
    says=("venues.csv", "第45行"), room=-1000, table="venues", row=45, accept=True,
)(lambda f: f.say("buffer_km = 2", "buffer_km = 0"))  # fmt: skip
planted("R16 another digest", 3, "E-OSM-SHA256", says=("roads.osm.pbf",), check=0)(
    lambda f: f.say('file = "roads.osm.pbf"', f'file = "roads.osm.pbf"\nsha256 = "{"0" * 64}"')
)
planted("V10 no roads at all", 3, "E-OSM-NO-ROADS", says=("roads.osm.pbf",), check=0)(
    lambda f: [tags.update(highway="proposed") for _, tags in f.ways.values() if "highway" in tags]
)
planted("V10 nodes are missing", 0, "W-OSM-NODES", says=("roads.osm.pbf",))(
    lambda f: f.nodes.pop(healthy.node_id(13, 10))
)
planted("V10 not a map", 3, "E-OSM-READ", says=("roads.osm",), check=0)(
    lambda f: (
        f.say('file = "roads.osm.pbf"', 'file = "roads.osm"'),
        f.after.append(lambda folder: (folder / "roads.osm").write_text("<html/>", "utf-8")),
    )
)


def same_answers(found, ok):
    for name in ("coverage", "places"):
        rows = sorted(map(tuple, map(dict.values, found.sheet(name))))
        assert rows == sorted(map(tuple, map(dict.values, ok.sheet(name))))


planted("A5 rows in another order", 0, also=same_answers)(
    lambda f: (f.demand.reverse(), f.venues.reverse())
)
