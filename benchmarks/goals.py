"""What we want to reach, as data: judged by `report.py` on the rows of the same run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

CITY, LARGE = "synthetic 599,165 arcs, crossings alone", "synthetic 4,989,096 arcs ("
SITES, MANY_SITES = "1000 x 300, p = 10", "20000 x 2000, p = "
BIG_PAGE = "20000 places, 300 venues"

TOWN_150, TOWN_200 = "synthetic town 150", "synthetic town, "
LARGE_WHOLE = "synthetic, "
SECOND_CORE = (
    "两个虚拟核共用三级缓存：同一核函数各占 4 MB 时两核之比实测为 1.6，各占 0.5 MB 时为 1.9，"
    "而一次扫描的行占 3.5 MB。已试：行放在大页上、在线程间留用（空闲时 1.7–1.9，"
    "此前 1.4–1.7）；一次 16 列占一半缓存，但总时间加倍。机器忙时此值无意义。"
    " Both cores share the third-level cache: a kernel that uses 4 MB on each gained 1.6 from the "
    "second core, one of 0.5 MB 1.9, and the rows of a sweep have 3.5 MB. Tried: rows on large "
    "pages and kept from call to call (1.7 to 1.9 on an idle machine, 1.4 to 1.7 before); 16 "
    "columns at once halve the rows and double the time. On a busy machine it says nothing."
)
KERNELS_READY = (
    "numba 自身（一个一行的已编译核函数，见该行的对方）已超过目标：导入约 0.3 s，"
    "首次取用时登记 0.36 s；我方 numpy 之外的导入（scipy.sparse 0.19、pyproj 与 shapely 0.12）"
    "和 19 个核函数的载入（0.2 s）在其上。小规模运行从不导入 numba。已试：推迟导入 scipy.stats、"
    "scipy.optimize、networkx、csgraph。不用 numba 载入机器码才能达到。"
    " numba alone, with one compiled kernel of one line (the peer of that row), is above the goal: "
    "0.3 s of import and 0.36 s to register itself at the first kernel; our imports beside numpy "
    "(scipy.sparse 0.19, pyproj and shapely 0.12) and loading 19 kernels (0.2 s) come on top. A "
    "small run never imports numba. Tried: scipy.stats, scipy.optimize, networkx and csgraph only "
    "where they are needed. Only machine code loaded without numba would reach it."
)
TABLE = (
    "我方 20–26 ms：扫描 7、贴路 8、核对路网内容 3（SHA-256，防止误用旧层次）、接入口换算 4、写成"
    "原顺序 1 ms。已试：网格贴路；换算改为一次排序。"
    "只扫描居民点之上的行（RPHAST）未做。"
    " Ours takes 20 to 26 ms: 7 of sweeps, 8 of snapping, 3 to be sure that the roads are those of "
    "the hierarchy (SHA-256), 4 to move doors to crossings, 1 to write in the order asked. Tried: "
    "snapping by the grid; one sort instead of three. Not tried: sweeping only what lies above the "
    "places (RPHAST)."
)
SNAPPING = (
    "连同建网格 91 ms：建网格 47、查找 33、沿边位置 9（237,600 段）；网格在手时 44 ms（见另一行）。"
    "每次都重建网格，是因为 osmnx 每次调用也重建其索引。"
    " 91 ms with the index: 47 to build it, 33 to search, 9 for the positions on 237,600 pieces; "
    "44 ms with the index at hand (its own row). It is built each time because osmnx does so too."
)
WHOLE = (
    "这样大小的路网，我方 1.7–2.0 s，一半是固定开销：导入 pandas、geopandas、scipy 0.5 s，"
    "numba 载入 0.35 s；读 PBF 0.45（其中大地线长度 0.13）、换算坐标 0.2、贴路和搜索 0.3 s。"
    "路网越大倍数越高。已试：推迟导入；PBF 按块用 numpy 读；小规模用 scipy；沿用已建的网格；"
    "退出前不再找循环引用（共由 2.6 s 降到此）。"
    " Half of our 1.7 to 2.0 s on a network of this size are fixed: 0.5 s to import pandas, "
    "geopandas and scipy, 0.35 s to load numba; 0.45 s read the PBF (0.13 of it lengths on the "
    "ellipsoid), 0.2 project, 0.3 s snap and search. The ratio grows with the network. Tried: late "
    "imports; the PBF by blocks with numpy; scipy where it is small; the grid at hand for few "
    "places too; no last look for cycles (2.6 s before all of these)."
)
NEW_MEMORY = (
    "答案大时，写到进程未用过的内存上，本机每 MB 需 0.1–3 ms（虚拟机从主机逐页取得），"
    "与算法无关；见该行备注的两个数。"
    " Where the answer is large, writing to memory that is new to the process costs 0.1 to 3 ms a "
    "MB on this machine (a virtual one, which gets it page by page); see the two figures there."
)


@dataclass(frozen=True)
class Goal:
    """
    A goal for one row.

    Parameters
    ----------
    key, graph
        The row: its `key`, and how the name of its graph begins.
    zh, en
        What is wanted.
    least, most
        Bounds of `of`, the name of a column.
    why
        Where it is missed: why, and what was tried.
    """

    key: str
    graph: str
    zh: str
    en: str
    least: float | None = None
    most: float | None = None
    of: str = "ratio"
    why: str = ""

    @property
    def unit(self) -> str:
        """What `of` is counted in; a work that is no time says so at its end."""
        said = self.en.rpartition(", ")[2]
        if said in ("kB", "MiB"):
            return said
        return {"ms": "ms", "percent": "%", "share": ""}.get(self.of.rpartition("_")[2], "×")


GOALS = (
    Goal("bounded 15 scipy", CITY, "200 馆 × 全部节点，15 分钟，对 scipy",
         "200 venues x all nodes, 15 min, against scipy", 50),
    Goal("bounded 30 scipy", CITY, "同上，30 分钟", "the same, 30 min", 150, why=NEW_MEMORY),
    Goal("bounded 15 pandana", CITY, "同上，15 分钟，对 pandana", "the same, against pandana", 200),
    Goal("bounded 15 networkx", CITY, "同上，对 networkx", "the same, against networkx", 1000),
    Goal("bounded 15 osmnx", CITY, "同上，对 osmnx 文档的做法",
         "the same, against the recipe of osmnx", 8000),
    Goal("nearest 1 scipy", LARGE, "每个节点的最近馆，一类，对 scipy min_only",
         "nearest venue of every node, one type, against scipy min_only", 35),
    Goal("nearest 32 scipy", LARGE, "同上，32 类一次完成", "the same, 32 types at once", 150,
         why=NEW_MEMORY),
    Goal("build pandana", CITY, "建路网层次，CPU 不超过 pandana 的一半",
         "building the hierarchy: at most half of pandana's CPU time", 2),
    Goal("growth", LARGE, "每条边的准备时间，5 M 对 60 k 边",
         "preparation by edge, 5 M against 60 k edges", most=2.5),
    Goal("table OSRM CH", "synthetic city", "200 × 5,000 坐标表（含贴路），对 OSRM CH",
         "200 x 5,000 table with snapping, against OSRM CH", 80, why=TABLE),
    Goal("matrix 15", CITY, "2,000 × 20,000 表，单核毫秒", "2,000 x 20,000 table, ms on one core",
         most=100, of="ours_ms"),
    Goal("matrix 15 two", CITY, "同上，第二个核", "the same, from the second core", 1.7,
         why=SECOND_CORE),
    Goal("read cpu", TOWN_150, "PBF 到路网，对 OSMnx 读 XML",
         "PBF to graph, against OSMnx from XML", 20),
    Goal("read peak", TOWN_150, "其内存，OSMnx 与本软件之比", "its memory, OSMnx's by ours", 5),
    Goal("reload", TOWN_150, "缓存重载，每 100,000 条弧毫秒",
         "reload from the cache, ms per 100,000 arcs", most=50, of="ms_a_100_000_arcs_ms"),
    Goal("snap osmnx", TOWN_200, "100,000 点贴路，对 osmnx nearest_edges",
         "snapping 100,000 points, against osmnx nearest_edges", 60, why=SNAPPING),
    Goal("snap shapely", TOWN_200, "同上，对 shapely STRtree",
         "the same, against shapely's STRtree", 20),
    Goal("isochrone Valhalla isochrone", "synthetic city", "15 分钟等时圈（含搜索），对 Valhalla",
         "isochrone, 15 min, search included, against Valhalla", 5),
    Goal("isochrone OSMnx recipe: ego_graph, buffers", "synthetic city",
         "同上，对 OSMnx 文档的做法", "the same, against the recipe of OSMnx", 500),
    Goal("isochrone Valhalla isochrone", "synthetic city", "等时圈与逐点计数的交并比",
         "overlap of the ring with counting (IoU)", 0.91, of="iou_share"),
    Goal("whatif site", "synthetic 20000", "推演：20,000 居民点，时间已知的一处",
         "what if: 20,000 places, a site whose times are known", most=1, of="ours_ms"),
    Goal("new site", CITY, "推演：20,000 居民点，新的一处的时间",
         "what if: 20,000 places, the times of a new site", most=5, of="ours_ms"),
    Goal("whole cpu", "synthetic town 240", "整个进程，PBF 到 50 馆覆盖，对 osmnx + networkx",
         "whole process, PBF to coverage of 50 venues, against osmnx + networkx", 30,
         why=WHOLE),
    Goal("whole peak", "synthetic town 240", "其内存，对方与本软件之比",
         "its memory, theirs by ours", 5),
    Goal("whole wall", LARGE_WHOLE, "整个进程，约 5 M 条弧、2,000 馆、20,000 居民点",
         "whole process, about 5 M arcs, 2,000 venues, 20,000 places", most=120_000, of="ours_ms"),
    Goal("whole peak", LARGE_WHOLE, "其内存，MiB", "its memory, MiB", most=4096, of="ours_ms"),
    Goal("start help", "", "kepu --help", "kepu --help", most=300, of="ours_ms"),
    Goal("start kernels", "", "已编译的内核就绪", "kernels compiled before, ready", most=700,
         of="ours_ms", why=KERNELS_READY),
    Goal("start cold", "", "首次编译内核，每台电脑一次", "kernels compiled, once per machine",
         most=12_000, of="ours_ms"),
    Goal("mclp highs", SITES, "最大覆盖 1,000 × 300 证明最优，对 spopt + HiGHS",
         "maximal covering 1,000 x 300 proved, against spopt + HiGHS", 20),
    Goal("mclp cbc", SITES, "同上，对 spopt + CBC", "the same, against spopt + CBC", 20),
    Goal("mclp highs", MANY_SITES, "最大覆盖 20,000 × 2,000 证明最优，对 spopt + HiGHS",
         "maximal covering 20,000 x 2,000 proved, against spopt + HiGHS", 20),
    Goal("mclp cbc", MANY_SITES, "同上，对 spopt + CBC", "the same, against spopt + CBC", 20),
    Goal("mclp heuristic", MANY_SITES, "同上，启发式离最优",
         "the heuristic there, from the optimum", most=0.15, of="below_percent"),
    Goal("mclp heuristic", MANY_SITES, "启发式用时", "its time", most=1000, of="ours_ms"),
    Goal("pmedian highs", SITES, "p-中位 1,000 × 300，差距 ≤ 1e-5，对 HiGHS 完整模型",
         "p-median 1,000 x 300, gap <= 1e-5, against HiGHS on the full model", 150),
    Goal("pmedian large", MANY_SITES, "p-中位 20,000 × 2,000 的界差",
         "gap of the p-median 20,000 x 2,000", most=0.6, of="gap_percent"),
    Goal("pmedian large", MANY_SITES, "其用时", "its time", most=30_000, of="ours_ms"),
    Goal("page size", "illustrative", "示意研究的地图，kB",
         "the page of the illustrative study, kB", most=3000, of="ours_ms"),
    Goal("page size", BIG_PAGE, "20,000 居民点、300 设施、100,000 路点的地图，kB",
         "a page of 20,000 places, 300 venues, 100,000 road vertices, kB", most=6000, of="ours_ms"),
    Goal("page load", BIG_PAGE, "其载入", "its loading", most=2000, of="ours_ms"),
    Goal("page toggle", BIG_PAGE, "其中启用一个候选点到下一帧",
         "a site opened there, to the next frame", most=50, of="ours_ms"),
    Goal("page access", BIG_PAGE, "其中任意组合的可达性到下一帧",
         "access of any choice there, to the next frame", most=100, of="ours_ms"),
    Goal("whatif close", "illustrative", "推演：关闭一处设施，全部标准",
         "what if: a venue closed, all standards", most=50, of="ours_ms"),
    Goal("whatif add", "illustrative", "推演：新增一处设施，全部标准",
         "what if: a new venue, all standards", most=50, of="ours_ms"),
    Goal("whatif bridge", "illustrative", "推演：封一座桥", "what if: a bridge closed",
         most=1000, of="ours_ms"),
    Goal("whatif road add", "synthetic town", "推演：20,000 × 500 的道路上新增一处",
         "what if: a new venue on the roads of 20,000 x 500", most=200, of="ours_ms"),
    Goal("whatif road street", "synthetic town", "推演：其中封一条小街",
         "what if: a side street closed there", most=1000, of="ours_ms"),
    Goal("whatif open", "synthetic 20000",
         "推演：20,000 × 500，启用一处（只算增减，如网页；kepu whatif 从头数）",
         "what if: 20,000 x 500, a venue opened (increments, as on the page; kepu whatif recounts)",
         most=200, of="ours_ms"),
    Goal("whatif close", "synthetic 20000", "推演：20,000 × 500，关闭用得最多的一处（同上）",
         "what if: 20,000 x 500, the most used closed (likewise)", most=200, of="ours_ms"),
    Goal("tables all", "illustrative", "时间已知后，示意研究的全部表格",
         "all tables of the illustrative study, times known", most=2000, of="ours_ms"),
    Goal("tables all", "made district, 20000", "同上，20,000 居民点 × 500 设施",
         "the same, 20,000 places x 500 venues", most=10_000, of="ours_ms"),
    Goal("tables peak", "made district, 20000", "其进程的内存，MiB", "memory of its process, MiB",
         most=2048, of="ours_ms"),
    Goal("page whatif", "synthetic 300", "300 候选 × 20,000 居民点给地图增加的 kB",
         "what 300 candidates x 20,000 places add to the page, kB", most=2000, of="ours_ms"),
)  # fmt: skip


def judged(rows: Sequence[Mapping[str, Any]]) -> list[tuple[Goal, float | None, bool | None]]:
    """Return every goal with what was measured, and whether it is reached; None: not measured."""
    found = []
    for goal in GOALS:
        value = next(
            (
                row[goal.of]
                for row in rows
                if row.get("key") == goal.key
                and str(row["graph"]).startswith(goal.graph)
                and row.get(goal.of) is not None
            ),
            None,
        )
        reached = None
        if value is not None:
            reached = (goal.least is None or value >= goal.least) and (
                goal.most is None or value <= goal.most
            )
        found.append((goal, value, reached))
    return found
