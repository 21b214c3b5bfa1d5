"""Faults of coordinates, names and outlines: C, N and V of the catalogue."""

from __future__ import annotations

from . import kinds

planted, bad_place, bad_venue = kinds.planted, kinds.bad_place, kinds.bad_venue

FAR_WEST = (-28.0, 19.0)
"""At 85 E an exchanged longitude is still a possible latitude."""

# C1: longitude and latitude exchanged
for moved, where in (((0.0, 0.0), ""), (FAR_WEST, " at 85 E")):
    for table in ("demand", "venues"):
        planted(
            f"C1 {table} columns{where}", 3, "E-SWAPPED", says=(f"{table}.csv", "经度, 纬度"),
            moved=moved,
        )(lambda f, table=table: kinds.swap(getattr(f, table)))  # fmt: skip
    planted(
        f"C1 one place{where}", 2, "Q-SWAPPED", says=("demand.csv", "第2行", "row 2"),
        people=-10, room=-10, table="demand", row=2, moved=moved,
    )(lambda f: kinds.swap(f.demand[:1]))  # fmt: skip
    planted(
        f"C1 one venue{where}", 2, "Q-SWAPPED", says=("venues.csv", "第3行", "row 3"),
        room=-1000, table="venues", row=3, moved=moved,
    )(lambda f: kinds.swap(f.venues[1:2]))  # fmt: skip

    @planted(f"C1 outlines{where}", 3, "E-SWAPPED", says=("towns.geojson",), moved=moved)
    def _(f):
        for number in range(3):
            kinds.ring(f, number)[:] = [[y, x] for x, y in kinds.ring(f, number)]


# C2, C3: shifted datums
for table in ("demand", "venues"):
    for datum in ("GCJ02", "BD09"):
        planted(
            f"C2 {table} in {datum} taken as WGS84", 3, "E-DATUM-PROBE", check=0,
            says=(f"{table}.csv", datum, "WGS84"),
        )(lambda f, t=table, d=datum: kinds.shift(getattr(f, t), d))  # fmt: skip
        planted(
            f"C2 {table} in WGS84 taken as {datum}", 3, "E-DATUM-PROBE", check=0,
            says=(f"{table}.csv", datum, "WGS84"),
        )(
            lambda f, t=table, d=datum: f.say(
                f'file = "{t}.csv"\ndatum = "WGS84"', f'file = "{t}.csv"\ndatum = "{d}"'
            )
        )  # fmt: skip

        @planted(f"C2 {table} in {datum} declared right", 0)
        def _(f, t=table, d=datum):
            kinds.shift(getattr(f, t), d)
            f.say(f'file = "{t}.csv"\ndatum = "WGS84"', f'file = "{t}.csv"\ndatum = "{d}"')


@planted("C2 the user is sure", 0, "W-DATUM-PROBE", says=("venues.csv",), room=None)
def _(f):
    kinds.shift(f.venues, "GCJ02")
    f.say('file = "venues.csv"', 'file = "venues.csv"\naccept_datum = true')


def renamed(f, more=""):
    f.say('file = "venues.csv"', f'file = "venues_gcj02.csv"{more}')
    f.after.append(lambda folder: (folder / "venues.csv").rename(folder / "venues_gcj02.csv"))


planted("C2 the name of the file says GCJ-02", 3, "E-DATUM-CLASH", says=("venues_gcj02.csv",))(
    renamed
)
planted("C2 the name says GCJ-02, the user is sure", 0, "W-DATUM-CLASH")(
    lambda f: renamed(f, "\naccept_datum = true")
)


@planted("C2 outlines in GCJ-02 taken as WGS84", 0, "W-TOWN", says=("demand.csv",))
def _(f):
    for number in range(3):
        kinds.ring(f, number)[:] = [[x + 0.0055, y - 0.0027] for x, y in kinds.ring(f, number)]


@planted("C3 each row states its datum", 0, "W-DATUM-ROWS", says=("venues.csv", "坐标系"))
def _(f):
    kinds.add_column(f.venues, "坐标系", "WGS84")
    for row in f.venues[::2]:
        row["坐标系"] = "BD09"
    kinds.shift(f.venues[::2], "BD09")


@planted("C3 a third of the rows state the wrong datum", 3, "E-DATUM-PROBE", check=0,
         says=("venues.csv",))  # fmt: skip
def _(f):
    kinds.add_column(f.venues, "坐标系", "WGS84")
    for row in f.venues[::3]:
        row["坐标系"] = "BD09"


@planted("C3 one source in three gave BD-09", 3, "E-DATUM-PROBE", check=0, says=("venues.csv",))
def _(f):
    for row in f.venues[::3]:
        row["来源"] = "地图网站"
    kinds.shift(f.venues[::3], "BD09")


# C5, C6: axes and zones of plane reference systems
for code in (4326, 4490, 4547, 4526, 32649, 3857):
    planted(f"C5 outlines in EPSG:{code}", 0)(
        lambda f, code=code: kinds.as_layer(f, "towns.gpkg", crs=code)
    )
planted("C5 outlines in EPSG:4547, declared", 0)(
    lambda f: kinds.as_layer(f, "towns.gpkg", crs=4547, datum="EPSG:4547")
)
planted("C5 northing first in EPSG:4547", 3, says=("[E-", "towns.gpkg"))(
    lambda f: kinds.as_layer(f, "towns.gpkg", crs=4547, turned=True)
)
planted("C5 latitude first in EPSG:4490", 3, "E-SWAPPED", says=("towns.gpkg",))(
    lambda f: kinds.as_layer(f, "towns.gpkg", crs=4490, turned=True)
)
planted("C6 easting with zone number under EPSG:4547", 3, says=("[E-", "4526"))(
    lambda f: kinds.as_layer(f, "towns.gpkg", crs=4526, label=4547)
)
planted("C6 easting without zone number under EPSG:4526", 3, says=("[E-", "4547"))(
    lambda f: kinds.as_layer(f, "towns.gpkg", crs=4547, label=4526)
)
planted("C6 the label is of another system", 3, "E-DATUM-CLASH", says=("towns.gpkg", "EPSG:4547"))(
    lambda f: kinds.as_layer(f, "towns.gpkg", crs=4547, datum="EPSG:4526")
)


@planted("C6 venues in metres", 3, "E-PLANE", says=("venues.csv", "403000", "EPSG:4547"))
def _(f):
    for row in f.venues:
        row["经度"], row["纬度"] = "403000.5", "2619000.5"


planted("C6 metres declared for a table", 3, "E-NOT-METRES", says=("venues.csv", "EPSG:4547"))(
    lambda f: f.say(
        'file = "venues.csv"\ndatum = "WGS84"', 'file = "venues.csv"\ndatum = "EPSG:4547"'
    )
)
planted("C6 an unknown datum", 3, "E-DATUM", says=("WGS72",))(
    lambda f: f.say('datum = "WGS84"\nyear', 'datum = "WGS72"\nyear')
)

# C8: no datum
planted("C8 Shapefile without .prj", 3, "E-DATUM-MISSING", says=("towns.shp",))(
    lambda f: kinds.as_layer(
        f, "towns.shp", encoding="utf-8", change=lambda path: path.with_suffix(".prj").unlink()
    )
)
planted("C8 GeoJSON without datum", 3, "E-DATUM-MISSING", says=("towns.geojson",))(
    lambda f: f.say('datum = "WGS84"\nyear', "year")
)
planted("C8 table without datum", 3, "E-DATUM-MISSING", says=("venues.csv",))(
    lambda f: f.say('file = "venues.csv"\ndatum = "WGS84"', 'file = "venues.csv"')
)

# C9, C10: placeholders and spellings
bad_place("C9 null point", "Q-NULL-POINT", 经度="0", 纬度="0")
bad_place("C9 -9999", "Q-NULL-POINT", 经度="-9999", 纬度="-9999")
bad_venue("C9 venue without coordinates", "Q-MISSING", 经度="")


@planted("C9 four places at one point", 0, "W-SAME-POINT", says=("demand.csv", "113.057"))
def _(f):
    for row in f.demand[97:101]:
        row.update({name: f.demand[97][name] for name in ("经度", "纬度")})


planted(
    "C10 degrees, minutes and seconds", 0,
    also=lambda found, _: found.normalised("demand", "经度", 1),
)(lambda f: f.demand[0].update(经度="东经113°01′22.8″"))  # fmt: skip
bad_place("C10 decimal comma", "Q-DEGREES", 经度="113,023")

# N: names and keys
bad_place("N1 unknown town", "Q-TOWN-UNKNOWN", 所属镇街="城关镇")
bad_place("N1 a town far away", "Q-TOWN-FAR", 所属镇街="水口镇")
bad_place("N1 far from the district", "Q-FAR", 纬度="24.680225")
planted(
    "N1 no town at all", 2, "Q-OUTSIDE", says=("第2行", "河东000号社区"),
    people=-10, room=-10, table="demand", row=2,
)(lambda f: f.demand[0].update(纬度="23.830225", 所属镇街=""))  # fmt: skip
planted("N1 a town next door", 0, "W-TOWN", says=("demand.csv", "6"))(
    lambda f: f.demand[4].update(所属镇街="山前镇")
)
planted("N3 a town was renamed", 3, "E-QUARANTINE", "Q-TOWN-UNKNOWN", check=2, says=("山前镇",))(
    lambda f: kinds.town(f, 1)["properties"].update(name="山后镇")
)
planted("N3 venues state an unknown town", 0, "W-TOWN-UNKNOWN", says=("venues.csv", "3"))(
    lambda f: f.venues[1].update(所属镇街="城关镇")
)
planted(
    "N4 one code twice", 2, "Q-ID-TWICE", says=("第3行", "441802901001"),
    people=-1000, table="demand", row=3,
)(lambda f: f.demand[1].update(代码=f.demand[0]["代码"]))  # fmt: skip
planted(
    "N4 one id twice", 2, "Q-ID-TWICE", says=("第4行", "013002"),
    room=-1000, table="venues", row=4,
)(lambda f: f.venues[2].update(编号="013002"))  # fmt: skip
bad_place("N4 no code", "Q-MISSING", 代码="")
bad_venue("N4 no id", "Q-MISSING", 编号="")


# V: outlines
def shapefile(f, change=lambda path: None, encoding="utf-8"):
    kinds.as_layer(f, "towns.shp", encoding=encoding, change=change)


planted("V1 Shapefile, whole", 0)(shapefile)


def names_are_read(found, ok):
    assert found.town_people == ok.town_people


planted("V2 Shapefile in GBK without .cpg", 0, "W-SHP-CPG", also=names_are_read,
        says=("towns.shp", "gb18030"))(
    lambda f: shapefile(f, lambda path: path.with_suffix(".cpg").unlink(), "gbk")
)  # fmt: skip
for part in (".dbf", ".shx"):
    planted(f"V3 no {part}", 3, "E-SHP-PART", says=(part,))(
        lambda f, part=part: shapefile(f, lambda path: path.with_suffix(part).unlink())
    )
for part in (".shp", ".dbf", ".shx"):
    planted(f"V3 {part} cut in half", 3, "E-SHP-CUT", says=("towns",))(
        lambda f, part=part: shapefile(f, lambda path: kinds.cut(path.with_suffix(part), 0.5))
    )


@planted("V4 bow-tie", 3, "E-TOWN-ROWS", "Q-OUTLINE-INVALID", says=("山前镇",))
def _(f):
    corners = kinds.ring(f, 1)
    corners[1], corners[2] = corners[2], corners[1]


@planted("V4 spike", 0, "W-OUTLINE-REPAIRED", says=("河东街道",))
def _(f):
    (x, y), corners = kinds.ring(f, 0)[0], kinds.ring(f, 0)
    corners[1:1] = [[x + 0.01, y], [x + 0.01, y - 0.004], [x + 0.01, y]]


def border(f, east):
    for number in (1, 2):
        kinds.ring(f, 0)[number][0] = round(kinds.ring(f, 0)[number][0] + east, 7)


planted("V5 overlap of 1 %", 3, "E-OVERLAP", says=("河东街道/山前镇",))(lambda f: border(f, 0.001))
planted("V5 overlap of a metre", 0, "W-OVERLAP", says=("towns.geojson",))(
    lambda f: border(f, 0.00001)
)
planted("V5 slit of 15 metres", 3, "E-GAP", says=("towns.geojson",))(lambda f: border(f, -0.00015))
planted("V5 slit of a metre", 0, "W-GAP", says=("towns.geojson",))(lambda f: border(f, -0.00001))
planted("V5 a corridor of 100 metres", 3, "E-GAP", says=("towns.geojson",))(
    lambda f: border(f, -0.001)
)


@planted("V5 a hole", 3, "E-GAP", says=("towns.geojson",))
def _(f):
    x = kinds.ring(f, 0)[1][0]
    kinds.ring(f, 0)[2:2] = [[x, 23.70], [x - 0.004, 23.70], [x - 0.004, 23.72], [x, 23.72]]


def more_people(found, healthy):
    assert found.town_people["河东街道"] == healthy.town_people["河东街道"] + 1000
    assert sum(found.town_people.values()) == sum(healthy.town_people.values())


planted("V6 a village on the border", 0, "W-PLACE-CODES", also=more_people)(
    lambda f: f.demand[9].update(经度="113.045", 所属镇街="")
)
planted("V11 GeoPackage cut", 3, "E-DAMAGED", says=("towns.gpkg",))(
    lambda f: kinds.as_layer(f, "towns.gpkg", change=lambda path: kinds.cut(path, 0.6))
)
planted("V11 GeoPackage with a page of zeros", 3, "E-DAMAGED", says=("towns.gpkg",))(
    lambda f: kinds.as_layer(f, "towns.gpkg", change=kinds.zero_page)
)
planted("V12 an older edition", 3, "E-YEAR", says=("2021", "2012"))(
    lambda f: [t["properties"].update(edition_year=2012) for t in f.towns["features"]]
)
planted("V12 no edition", 0, "W-YEAR-MISSING")(
    lambda f: (
        f.say("\nyear = 2021", ""),
        [t["properties"].pop("edition_year") for t in f.towns["features"]],
    )
)


@planted("V12 towns since merged", 3, "E-QUARANTINE", "Q-TOWN-UNKNOWN", check=2, says=("水口镇",))
def _(f):
    (_, south), (east, north) = kinds.ring(f, 2)[1], kinds.ring(f, 2)[2]
    kinds.ring(f, 1)[1:3] = [[east, south], [east, north]]
    f.towns["features"].pop()


@planted("V12 a town without places", 0, "W-TOWN-EMPTY", says=("新镇",))
def _(f):
    corners = [[113.115, 23.675], [113.14, 23.675], [113.14, 23.745], [113.115, 23.745]]
    f.towns["features"].append(
        {
            "type": "Feature",
            "properties": {"code": "441802904", "name": "新镇", "kind": "镇", "edition_year": 2021},
            "geometry": {"type": "Polygon", "coordinates": [[*corners, corners[0]]]},
        }
    )


for name, code, says, change in (
    ("a code of 5 digits", "Q-TOWN-CODE", "12345", {"code": "12345"}),
    ("one code twice", "Q-TOWN-TWICE", "441802902", {"code": "441802902"}),
    ("neither urban nor rural", "Q-TOWN-KIND", "河东", {"kind": "", "name": "河东"}),
    ("no name", "Q-MISSING", "towns.geojson", {"name": ""}),
):
    planted(f"V town with {name}", 3, "E-TOWN-ROWS", code, says=(says,))(
        lambda f, change=change: kinds.town(f, 0)["properties"].update(change)
    )
planted("V town without outline", 3, "E-TOWN-ROWS", "Q-OUTLINE", says=("towns.geojson",))(
    lambda f: kinds.town(f, 0).update(geometry=None)
)
planted("V codes of counties", 0, "W-COUNTY-CODE", says=("441802",))(
    lambda f: kinds.town(f, 0)["properties"].update(code="441802")
)
planted("V GeoJSON cut", 3, "E-GEOJSON", says=("towns.geojson",))(
    lambda f: f.after.append(lambda folder: kinds.cut(folder / "towns.geojson", 0.7))
)
