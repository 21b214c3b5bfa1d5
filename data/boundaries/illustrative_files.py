"""The tables, the town polygons and the study file of the illustrative study, written."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from illustrative_ground import degrees
from illustrative_places import Place
from illustrative_venues import HEADER, Venue
from shapely import Polygon, normalize, orient_polygons

DEMAND_HEADER = (
    "代码", "名称", "所属镇街", "经度", "纬度", "常住人口", "城乡", "老年人口", "青少年人口",
    "农民人口", "产业工人人口", "干部人口", "点位精度",
)  # fmt: skip
EDITION_YEAR = 2021
STUDY = """\
# 示意数据：由 make_illustrative.py 生成，改动请改脚本。

[study]
name = "清远市清城区科普设施覆盖分析（示意）"
date = 2026-11-01
illustrative = true
review = ""
buffer_km = 15
thresholds = [5, 10, 15, 30, 60]

[towns]
file = "towns.geojson"
datum = "WGS84"
year = 2021
source = "名称、代码：国家统计局统计用区划代码（2021年）；界线为示意"
date = 2026-11-01

[venues]
file = "venues.csv"
datum = "WGS84"
source = "示意：按方案目标生成；少数名称为事实，见“来源”列"
date = 2026-11-01

[demand]
file = "demand.csv"
datum = "WGS84"
population = "census"
year = 2020
source = "名称、代码：国家统计局；全区、洲心街道、龙塘镇总数：第七次全国人口普查；其余为示意"
date = 2026-11-01

[roads]
file = "roads.osm.pbf"
date = 2026-11-01
source = "示意路网"
ferries = false

[[paces]]
group = "elderly"
mode = "walk"
share = 0.8
source = "假定：老年人步行 3.2 公里/小时"

[[standards]]
key = "room"
name = "社区科普活动室步行15分钟"
types = ["room.community"]
mode = "walk"
minutes = 15
goal = 0.9
group = "people"
basis = "GB 50180-2018 十五分钟生活圈；指标：社区文化活动设施步行15分钟覆盖率"
indicator = "社区文化活动设施步行15分钟覆盖率"
people_a_unit = 300
capacity_unit = "座"

[[standards]]
key = "room-elderly"
name = "社区科普活动室老年人步行15分钟"
types = ["room.community"]
mode = "walk"
minutes = 15
goal = 0.9
group = "elderly"
basis = "GB 50180-2018 十五分钟生活圈；指标：社区文化活动设施步行15分钟覆盖率"

[[standards]]
key = "rural"
name = "农村科普站点电动自行车15分钟"
area = "rural"
types = [
  "rural.agritech",
  "rural.night_school",
  "rural.service_station",
  "rural.bookhouse",
  "rural.estation",
]
mode = "ebike"
minutes = 15
goal = 0.9
group = "farmers"
basis = "TD/T 1062-2021 乡村社区生活圈（未采用处为惯例）"

[[standards]]
key = "agricultural"
name = "农业科普基地电动自行车30分钟"
types = ["base.agricultural"]
mode = "ebike"
minutes = 30
goal = 0.8
group = "farmers"
basis = "惯例"

[[standards]]
key = "hall"
name = "镇（街道）科普场馆电动自行车30分钟"
types = ["town.hall"]
mode = "ebike"
minutes = 30
goal = 0.8
group = "people"
basis = "惯例"

[[standards]]
key = "base"
name = "科普基地驾车30分钟"
types = ["base.national", "base.provincial", "base.district"]
mode = "car"
minutes = 30
goal = 0.9
group = "people"
basis = "惯例"

[[standards]]
key = "school"
name = "学校科学教育设施青少年电动自行车30分钟"
types = [
  "school.featured",
  "school.museum",
  "school.maker",
  "school.rural_museum",
  "school.rural_palace",
]
mode = "ebike"
minutes = 30
goal = 0.9
group = "youth"
basis = "惯例"

[[standards]]
key = "mobile"
name = "流动科技馆驾车30分钟"
types = ["mobile.museum"]
mode = "car"
minutes = 30
goal = 0.8
group = "people"
basis = "惯例"

[[standards]]
key = "library"
name = "图书馆文化馆博物馆驾车30分钟"
types = ["civic.library"]
mode = "car"
minutes = 30
goal = 0.9
group = "people"
basis = "惯例"

[tour]                        # 流动科技馆、科普大篷车的巡回；单位、次数、日期均为示意
terms = [[2026-09-01, 2027-01-22], [2027-02-22, 2027-07-09], [2027-09-01, 2028-01-21]]
holidays = [
  [2027-01-01, 2027-01-03], [2027-02-05, 2027-02-13], [2027-04-03, 2027-04-05],
  [2027-05-01, 2027-05-05], [2027-06-09, 2027-06-11], [2027-09-15, 2027-09-17],
  [2027-10-01, 2027-10-08],
]
town_visits = 1

[tour.floors]
rural = 0.5

[[tour.floods]]
first = 2027-05-15
last = 2027-07-15
towns = ["441802106", "441802107"]

[[tour.services]]
kind = "mobile.museum"
lacks = ["hall"]
mode = "car"
minutes = 30
visits = 2
more_visits = 4
basis = "惯例；全国平均每站停留2至3个月"

[[tour.services]]
kind = "mobile.van"
lacks = ["room", "rural"]
mode = "walk"
minutes = 15
visits = 4
more_visits = 6
basis = "每季度一次，为本研究设定"

[[tour.units]]
name = "流动科技馆"
kind = "mobile.museum"
count = 6
depot = "清城区博物馆"
most_visits = 1
stay_days = 42
setup_days = 3
capacity = 600

[[tour.units]]
name = "科普大篷车"
kind = "mobile.van"
depot = "清城区博物馆"
weekdays = [2, 4]
hours = 8
stop_minutes = 150
most_visits = 6
most_stops = 2
km = 8000
capacity = 800
"""


def write_table(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write a table as UTF-8 with a byte order mark, which Excel wants."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(header)
        table.writerows(rows)


def write_demand(path: Path, places: Sequence[Place], towns: Mapping[str, str]) -> None:
    """Write the places with their people."""
    rows = []
    for place in places:
        lon, lat = degrees(place.spot, 6)
        rural = place.sort == "village"
        row = [place.code, place.name, towns[place.town], f"{lon:.6f}", f"{lat:.6f}", place.people]
        row += ["乡村" if rural else "城镇", *place.groups, "D" if rural else "C"]
        rows.append(row)
    write_table(path, DEMAND_HEADER, rows)


def write_venues(path: Path, venues: Sequence[Venue]) -> None:
    """Write the venues, numbered in their order."""
    rows = (v.row(number, degrees(v.spot, 6)) for number, v in enumerate(venues, start=1))
    write_table(path, HEADER, rows)


def write_towns(
    path: Path, polygons: Mapping[str, Polygon], towns: Sequence[Mapping[str, str]]
) -> None:
    """Write the towns as GeoJSON; neighbours share the very vertices of their border."""
    features = []
    for town in towns:
        ring = orient_polygons(normalize(polygons[town["code"]])).exterior.coords
        lonlat = [degrees((x, y), 6) for x, y in ring]
        properties = {key: town[key] for key in ("code", "name", "kind")}
        feature = {
            "type": "Feature",
            "properties": {**properties, "edition_year": EDITION_YEAR},
            "geometry": {"type": "Polygon", "coordinates": [lonlat]},
        }
        features.append(json.dumps(feature, ensure_ascii=False, separators=(",", ":")))
    body = ",\n".join(features)
    text = f'{{"type":"FeatureCollection","name":"towns","features":[\n{body}\n]}}\n'
    path.write_text(text, encoding="utf-8", newline="\n")
