"""A new study: a folder that passes the check and runs at once, to be filled with own data."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from string import Template

from .geo.errors import Fault, OutputError
from .starter_books import workbook
from .starter_forms import demand_form, venue_form

COPIED = ("towns.geojson", "roads.osm.pbf")
"""Placeholders from the illustrative district."""

STUDY = Template("""\
# 研究文件：用哪些数据，按什么标准判断。文件路径相对于本文件。
#
# 行首是“# ”的是说明；行首是“#键 =”的是没有启用的可选项，写的是默认值或例子，删去行首的 # 即启用。
# 键名写错、值不合规定，kepu check 会指出是哪一行、应当怎样写。

# 把各镇街人口调整到官方总数（左边是镇街代码）；没有官方数的镇街按比例分摊其余。
#control = { totals = { 441802008 = 240684 }, district_total = 1119901, source = "第七次人口普查" }
# 人口表没有的人群怎样估算：share 按比例（城镇、乡村各一个），total 按总数分摊（城镇、乡村为权重）。
#groups = [{group = "officials", basis = "total", urban = 1, rural = 0, total = 90, source = "例"}]
# 走得慢（快）的人群：速度是该出行方式的几成，路上路外都按此计。
#paces = [{group = "elderly", mode = "walk", share = 0.8, source = "例：3.2 公里/小时"}]
# 实测行程表（起点、终点、方式、分钟）：运行时与计算的时间对照，给出各级道路速度的修正建议。
#calibration = { file = "实测.csv", source = "例", sheet = "实测", header = 1, columns = {} }
# 方案目标的上报数（目标、基线、现状、数据日期、来源）：讲师团、志愿者等地图上没有的，填了才能判定。
#targets = { file = "目标.xlsx", sheet = "目标", header = 1, columns = {} }
# 误差范围怎样估：随机种子、抽样次数、速度上下浮动、可能偏差的米数（如 metres = { D = 800 }）。
#sureness = { seed = 441802, draws = 200, speed_change = 0.25, metres = {} }

[study]
name = $name
date = 2026-11-01             # 分析日期：此后启用的设施按拟建，此前关闭的按停用
illustrative = true           # 所有成果都印“示意数据”；全部换成真实数据后改为 false
#review = ""                  # 审图号：取得后填写，印在地图上
#direction = "to_venue"       # to_venue 居民到设施；from_venue 设施到居民
#buffer_km = 15               # 区外多少公里以内的设施也计入，0 到 200
#horizon_minutes = 120        # 超过这么多分钟的路程不再计算，不超过 600
#thresholds = [5, 10, 15, 30, 60]    # 覆盖率表另外列出的时限，分钟
#modes = ["walk", "ebike", "car"]    # walk 步行、ebike 电动自行车、car 驾车
#land_points = 1200           # 面积覆盖率用多少个格网点，0 为不计算

[towns]                       # 镇街界线：GeoJSON、GPKG、SHP；示意数据，请替换
file = "towns.geojson"
source = "示意数据：名称、代码为国家统计局2021年公布，界线为示意"
date = 2026-11-01             # 数据日期
datum = "WGS84"               # WGS84、CGCS2000、GCJ02（高德、DataV）、BD09（百度）、EPSG:编号
year = 2021                   # 界线是哪一年的
#layer = "镇街"               # GPKG 有几个图层时写用哪一个
#accept_datum = false         # 与文件自述的坐标系不符时仍继续；确认无误才写 true
#accept_gaps = false          # 界线之间确有飞地、空白时写 true

[venues]                      # 设施表
file = "设施.xlsx"
sheet = "设施"                # 工作表名；CSV 请删去这一行
source = "示意数据"
date = 2026-11-01
datum = "WGS84"               # 高德、腾讯拾取的写 GCJ02，百度的写 BD09；写错会偏 600 米以上
#header = 1                   # 表头在第几行；找不到表头时才要写
#columns = { name = "名称" }  # 表头与常见写法不同时，写明哪一列是什么
#corrections = "quarantine/venues.csv"    # 改好的隔离表，其中的行替换原来被隔离的行
#accept_datum = false         # 与道路核对不符时仍继续；确认无误才写 true

[demand]                      # 人口表，一行一个村（社区）
file = "人口.xlsx"
sheet = "人口"
source = "示意数据：名称、代码和全区总数为公开事实，其余为示意"
date = 2026-11-01
datum = "WGS84"
population = "census"         # resident 常住、registered 户籍、census 普查
year = 2020                   # 人口是哪一年的
#header = 1
#columns = { name = "名称" }
#corrections = "quarantine/demand.csv"
#accept_datum = false
#kind = "count"               # 人口栅格（.tif）必填：count 每格人数、density 每平方公里人数
#block = 1                    # 人口栅格每边几格合并为一处

[roads]                       # 道路：.osm.pbf、.osm、.graphml，要包含区外缓冲；示意数据，请替换
file = "roads.osm.pbf"
source = "示意路网"
date = 2026-11-01
#ferries = false              # 是否计入轮渡
#sha256 = "$sha256"  # 道路文件的 SHA-256，声明后核对文件是否完整（这里只是例子）

[map]                         # 网页地图
#mode = "internal"            # internal 内部；public 公开：点位约百米，隐去少于5人的，逐点的表另放
#tiles = "none"               # 在线底图：none 无（完全离线）、tianditu、osm，或自有服务的网址
#datum = "WGS84"              # 自有底图的坐标系：WGS84、CGCS2000、GCJ02（高德、腾讯，自动纠偏）
#key = "your-key"             # 天地图密钥；写入网页，打开网页的人都能看到
#isochrones = true            # 是否画设施的等时圈；大型路网不画可省时间，其余结果不变

# 以下各节可以改动出行的规则，不启用时按程序的 data/modes.csv 和 data/speeds.csv。
[modes.walk]
#access_kmh = 4.0             # 从门口走到道路的速度，公里/小时
#detour = 1.3                 # 从门口到道路的绕行系数
#snap_metres = 1000           # 离道路多少米以内算接得上，超过的算未接入
#arrival_seconds = 0          # 到达后停车、进门的时间，秒

[modes.ebike]
#access_kmh = 4.0
#detour = 1.3
#snap_metres = 1000
#arrival_seconds = 60

[modes.car]
#access_kmh = 4.0
#detour = 1.3
#snap_metres = 1600
#arrival_seconds = 180

[speeds.car]                  # 各级道路的速度，公里/小时；也可写 [speeds.walk]、[speeds.ebike]
#secondary = 40

[sites]                       # 选址（kepu sites）的规则
#file = "候选点.csv"          # 只在这些点中选，列同设施表；状态：候选、拟建（已定）、停用（不可选）
#datum = "WGS84"
#places = true                # 没有候选点表时：设施表中的“候选”、各村（社区）、可加挂的设施都是候选
#hosts = ["civic.party", "rural.bookhouse"]    # 可以加挂的设施类型
#unit = "万元"                # 费用的单位
#exclusions = "禁建.geojson"  # 禁建范围，多边形
#spacing_metres = 0           # 同类设施至少相距多少米（直线）
#near = 0.01                  # 新增覆盖比最优少多少以内算好方案

[sites.costs."room.community"]    # 按预算选址时，每一类型的费用
build = 30                    # 新建（例）
#upgrade = 10                 # 加挂在已有设施上（例）
#capacity = 2000              # 一处最多服务多少人

[sites.floors]                # 覆盖下限：urban、rural 或镇街代码
#rural = 0.5

[tour]                        # 流动科技馆、科普大篷车的巡回（kepu tour）的规则
#first = 2027-01-01           # 从哪天到哪天；默认为分析日期的下一年全年
#last = 2027-12-31
#file = "停靠点.csv"          # 只停靠这些点，列与设施表相同；不写则用学校、场所和各村（社区）
#datum = "WGS84"
#places = "all"               # 大篷车可停各村（社区）：all 全部、rural 只停乡村、none 不停
#schools = ["school.featured"]    # 哪些类型是学校，只在学期内停靠
#halls = ["town.hall"]        # 学校以外可停靠的类型
#terms = [[2027-02-22, 2027-07-09]]    # 学期，可写几段；不写则学校全年可用
#holidays = [[2027-10-01, 2027-10-07]]    # 法定节假日，所有单位不出动
#floods = [{ first = 2027-05-15, last = 2027-07-15, towns = [], hosts = [] }]    # 汛期关闭
#floors = { rural = 0.5 }     # 下限：缺少固定设施的人中至少服务几成；urban、rural 或镇街代码
#town_visits = 1              # 大篷车每年至少到每个镇街几次
# 服务谁：每一种类一节。缺少固定设施，指 lacks 中的标准一条也达不到。
#services = [{ kind = "mobile.van", lacks = ["room"], mode = "walk", \
minutes = 15, visits = 2, more_visits = 4, group = "people", area = "all", basis = "例" }]
# 用什么：mobile.van 大篷车（当天往返）、mobile.museum 流动科技馆（一站停几十天）。
#units = [{ name = "大篷车", kind = "mobile.van", depot = "设施编号或名称", \
count = 1, weekdays = [2, 4], days_off = [], hosts = [], most_visits = 4, capacity = 800, \
km = 8000, start = "08:30", hours = 8, stop_minutes = 120, most_stops = 2, stay_days = 60, \
setup_days = 3 }]

# 标准：可以写多条。增加时把整节复制一份，再改 key。
[[standards]]
key = "room"                  # 字母、数字、点、横线，不超过 40 个，不能重复
name = "社区科普活动室步行15分钟"
types = ["room.community"]    # 类型代码见表格里的“代码表”；写几种表示有其一即可
mode = "walk"
minutes = 15                  # 含 15 分钟整
goal = 0.9                    # 目标覆盖率，0 到 1
#group = "people"             # 或 elderly、youth、farmers、workers、officials（表中要有该列）
#area = "all"                 # all 全区、urban 城镇、rural 乡村
#count = 1                    # 时限内至少要有几处（2 即有两处可选）
#opening = ""                 # 要开放的时段：evening 平日晚间、weekend 周末、term、holiday
#indicator = ""               # 正式的指标名，如“社区文化活动设施步行15分钟覆盖率”
#people_a_unit = 0            # 每单位容量最多服务多少人，超过的列入短板；0 为不判断
#capacity_unit = ""           # 上一行按什么单位，如“座”，要与表中容量单位一致
basis = "GB 50180-2018 十五分钟生活圈"    # 依据

[[standards]]
key = "bookhouse"
name = "农家书屋电动自行车15分钟"
types = ["rural.bookhouse"]
mode = "ebike"
minutes = 15
goal = 0.9
group = "farmers"
area = "rural"
basis = "TD/T 1062-2021 乡村社区生活圈"

[[standards]]
key = "base"
name = "科普基地驾车30分钟"
types = ["base.national", "base.provincial", "base.district"]
mode = "car"
minutes = 30
goal = 0.9
#group = "people"
#area = "all"
basis = "惯例"
""")

GUIDE = """\
科普设施覆盖分析：三步

这个文件夹现在就能运行，里面全部是示意数据，不能用于决策。

一、填表
    打开 设施.xlsx 和 人口.xlsx，先看“填表说明”，再把示例行换成自己的数据。
    红色表头必填；橙色表头的列不用就删去，用就每行都填；灰色表头选填。

二、换界线和道路，改 study.toml
    towns.geojson 换成本区镇街界线（字段：code 九位代码、name 名称），
    roads.osm.pbf 换成 OpenStreetMap 道路，范围要比本区大出缓冲的公里数。
    用记事本打开 study.toml，逐项核对文件名、坐标系（datum）、年份、来源和标准。
    全部换完后把 illustrative 改为 false。

三、检查，运行（在这个文件夹里打开命令行）
    kepu check study.toml
    kepu run study.toml --out 结果
    检查报出的每一行都写明文件、行、列、原因和改法；改好再运行。
    运行后双击 结果 文件夹里的 map.html 看地图。
"""


def new_study(folder: Path, *, name: str) -> list[Path]:
    """
    Write a study folder that passes the check and runs: tables to fill in, placeholders, rules.

    Parameters
    ----------
    folder
        Missing or empty.
    name
        Title of the study.

    Returns
    -------
    list of Path
        The files, in the order in which one reads them; the same bytes every time.

    Raises
    ------
    OutputError
        Something lies there already, or it cannot be written.
    """
    content = {
        "说明.txt": _lines(GUIDE).encode("utf-8-sig"),
        "study.toml": _lines(study_text(name)).encode(),
        "设施.xlsx": workbook(venue_form()),
        "人口.xlsx": workbook(demand_form()),
    }
    boundaries = files(__package__) / "data" / "boundaries"
    content |= {file: (boundaries / file).read_bytes() for file in COPIED}
    try:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise OutputError(Fault("E-NEW-EXISTS", file=str(folder)))
        folder.mkdir(parents=True, exist_ok=True)
        for file, data in content.items():
            (folder / file).write_bytes(data)
    except OSError as error:
        facts = {"error": error.strerror or error}
        raise OutputError(Fault("E-NEW-WRITE", file=str(folder), facts=facts)) from error
    return [folder / file for file in content]


def study_text(name: str) -> str:
    """Return the commented study file; everything that is optional is switched off."""
    quoted = json.dumps(name, ensure_ascii=False).replace("\x7f", "\\u007f")
    return STUDY.substitute(name=quoted, sha256="0" * 64)


def _lines(text: str) -> str:
    """Return a text with the line ends that every editor of Windows shows."""
    return text.replace("\n", "\r\n")
