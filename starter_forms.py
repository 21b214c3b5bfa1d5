"""
What the templates of a new study hold: columns, drop-downs, advice and the rows of the example.

Headers are the first aliases that `layers` knows.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files

from .layers.venues import venue_types

MUST, EACH, MAY = "必填", "有此列则每行必填", "选填"
TEXT, DEGREES, WHOLE = "@", "0.000000", "0"

Words = tuple[tuple[str, str], ...]
"""The entries of a drop-down, each with its meaning."""


@dataclass(frozen=True)
class Field:
    """
    A column of a template.

    Parameters
    ----------
    header, meaning, allowed, example
        As the notes print them; `allowed` is left empty for a drop-down.
    need
        `MUST`, `EACH` or `MAY`.
    width
        In characters.
    style
        Number format; `TEXT` keeps Excel from making numbers of codes and days.
    words
        Key of the drop-down in `word_lists`.
    limits
        Numbers outside are asked about.
    """

    header: str
    meaning: str
    allowed: str = ""
    example: str = ""
    need: str = MAY
    width: int = 12
    style: str = TEXT
    words: str = ""
    limits: tuple[float, float] | None = None


TOWN = Field("所属镇街", "所在镇街；用来核对点位", "镇街界线中的名称或代码", "凤城街道", width=13)
LON = Field("经度", "十进制度，6 位小数约 0.1 米", "数字，我国在 73 到 136 之间", "113.012180",
            MUST, 13, DEGREES, limits=(73, 136))  # fmt: skip
LAT = Field("纬度", "十进制度", "数字，我国在 3 到 54 之间", "23.683803", MUST, 13, DEGREES,
            limits=(3, 54))  # fmt: skip
DATUM = Field("坐标系", "这一行的坐标系；空着就按 study.toml 的 datum", example="GCJ02",
              words="坐标系")  # fmt: skip
PRECISION = Field("点位精度", "点位有多准", example="B", words="点位精度")

VENUE_FIELDS = (
    Field("编号", "设施的唯一编号，一行一个", "文字，不重复，不超过 64 字", "V001", MUST, 10),
    Field("名称", "设施名称", "文字，不超过 100 字", "高基里社区科普活动室", MUST, 30),
    Field("类型", "设施类型；一处有多种类型时分行填、编号各异", example="社区科普活动室",
          need=MUST, width=24, words="类型"),
    TOWN, LON, LAT, DATUM,
    Field("状态", "现在是否可用；只有在用的计入覆盖", example="在用", need=MUST, words="状态"),
    Field("容量", "能同时容纳或服务多少", "不小于 0 的数字", "40", style="General", width=9),
    Field("容量单位", "容量数的是什么", "文字，如 座、人次/日、册", "座"),
    Field("服务对象", "面向的人群；只对写明的人群计入，空着或写全体的对所有人计入",
          "文字，多个用；分开", "全体；老年人", width=16),
    PRECISION,
    Field("地址", "门牌地址", "文字，不超过 500 字", "清城区凤城街道高基里社区", width=28),
    Field("是否对外开放", "公众能否进入", example="是", words="是否", width=15),
    Field("启用日期", "分析日期以后启用的按拟建处理", "年-月-日，或年-月、年", "2024-05-01"),
    Field("关闭日期", "分析日期以前关闭的按停用处理", "年-月-日，或年-月、年", "2026-03-31"),
    Field("来源", "数据从哪里来", "文字", "区科协 2026 年台账", width=36),
    Field("数据日期", "数据截至哪一天", "文字", "2026-10-31"),
)  # fmt: skip

PEOPLE = "不小于 0 的整数，单位为人"
GROUP = f"{PEOPLE}；不大于总人口"
GROUPS = (
    ("老年人口", "60 岁及以上人口", "1430"), ("青少年人口", "青少年", "1832"),
    ("农民人口", "农民", "127"), ("产业工人人口", "产业工人", "2205"),
    ("干部人口", "领导干部和公务员", "313"),
)  # fmt: skip
DEMAND_FIELDS = (
    Field("代码", "村（社区）的统计用区划代码", "12 位数字，文字格式，不重复", "441802006001",
          MUST, 16),
    Field("名称", "村（社区）名称", "文字，不超过 100 字", "高基里社区居委会", MUST, 24),
    TOWN, LON, LAT, DATUM,
    Field("常住人口", "总人口；户籍人口请把表头改为“户籍人口”，并改 study.toml 的 population",
          PEOPLE, "14079", MUST, 12, WHOLE, limits=(0, 200_000)),
    Field("城乡", "城镇或乡村，也可填统计用城乡分类代码；空着按名称判定", example="城镇",
          words="城乡"),
    *(Field(header, meaning, GROUP, example, EACH, 14, WHOLE, limits=(0, 200_000))
      for header, meaning, example in GROUPS),
    PRECISION,
)  # fmt: skip

MISTAKES = (
    "高德、腾讯、DataV 的坐标是 GCJ02，百度是 BD09，天地图是 CGCS2000，GPS 是 WGS84；"
    "弄错会偏 600 到 1300 米。整表写在 study.toml 的 datum，个别行不同才填“坐标系”列。",
    "经度、纬度写反。广东的经度约 110 到 117，纬度约 20 到 26。",
    "代码变成 4.41802E+11 或末尾成了 0：Excel 改坏的，找不回来，请从原表重新复制。"
    "本表的代码列已设为文本。",
    "从别处复制时请用“选择性粘贴—数值”，否则下拉列表和文本格式会被冲掉。",
    "不要留标题行、合计行、小计行，不要合并单元格；表头只占第一行，列的次序可以变。",
    "人口的单位是人：写 12345，不写“约1.2万”。要用万人，请把表头写成“常住人口（万人）”。",
    "橙色表头的列（各类人群）：不用就删去整列；用就每行都填，没有填 0。",
    "找不到位置时不要都填镇政府的坐标：填得出的填，其余留到查清再加，否则覆盖率会虚高。",
    "公式请先粘贴为数值。单元格里的换行、空格、全角数字不要紧，程序会认得。",
    "邻近区县、缓冲公里数以内的设施也要填，所属镇街照写，否则边界附近的覆盖率会偏低。",
    "示例行是示意数据，填好自己的数据后请整行删除。",
)


@dataclass(frozen=True)
class Form:
    """A template: the name of its sheet, its columns and the rows of the example."""

    sheet: str
    fields: tuple[Field, ...]
    rows: Sequence[Mapping[str, str]]


def word_lists() -> dict[str, Words]:
    """Return what the drop-downs offer; the layers read each of these words."""
    return {
        "类型": tuple((kind.name, kind.key) for kind in venue_types().values()),
        "状态": (
            ("在用", "计入覆盖"),
            ("拟建", "已列入计划，尚未开放，不计入现状"),
            ("停用", "已关闭，不计入"),
            ("候选", "可能的选址，不计入现状"),
        ),
        "点位精度": (
            ("A", "实地测量"),
            ("B", "按门牌"),
            ("C", "按地图兴趣点"),
            ("D", "只到村（社区）"),
            ("E", "只到镇街"),
        ),
        "城乡": (
            ("城镇", "按城镇统计"),
            ("乡村", "按乡村统计"),
            ("111", "主城区（城镇）"),
            ("112", "城乡结合区（城镇）"),
            ("121", "镇中心区（城镇）"),
            ("122", "镇乡结合区（城镇）"),
            ("123", "特殊区域（城镇）"),
            ("210", "乡中心区（乡村）"),
            ("220", "村庄（乡村）"),
        ),
        "坐标系": (
            ("WGS84", "GPS、OpenStreetMap"),
            ("CGCS2000", "国家 2000、天地图"),
            ("GCJ02", "高德、腾讯"),
            ("BD09", "百度"),
        ),
        "是否": (("是", "公众可以进入"), ("否", "仅内部使用")),
    }


VENUE_EXAMPLES = {
    ("room.community", "在用"): 4, ("room.community", "拟建"): 1, ("rural.bookhouse", "在用"): 2,
    ("base.district", "在用"): 2, ("town.hall", "在用"): 2, ("civic.library", "在用"): 1,
}  # fmt: skip
"""How many venues of the illustrative district go into the example, by type and status."""


def _table(name: str) -> list[dict[str, str]]:
    path = files(__package__) / "data" / "boundaries" / name
    return list(csv.DictReader(path.read_text("utf-8-sig").splitlines()))


def venue_form() -> Form:
    """Return the template of venues: a few of the district, evenly taken, and one beyond it."""
    table, names = _table("venues.csv"), venue_types()
    beyond = [r for r in table if "邻县" in r["来源"] and r["类型"] == names["base.district"].name]
    rows = beyond[:1]
    for (key, status), count in VENUE_EXAMPLES.items():
        fit = [r for r in table if (r["类型"], r["状态"]) == (names[key].name, status)]
        rows += [fit[(2 * i + 1) * len(fit) // (2 * count)] for i in range(count)]
    return Form("设施", VENUE_FIELDS, sorted(rows, key=lambda row: row["编号"]))


def demand_form() -> Form:
    """Return the template of places; its example is the whole illustrative district."""
    return Form("人口", DEMAND_FIELDS, _table("demand.csv"))
