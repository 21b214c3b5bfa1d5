"""Twins: venues that stand in a list twice under names that differ a little."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from functools import lru_cache

import numpy as np
import shapely
from geopandas import GeoDataFrame

from .cells import lookup_key
from .ledger import Ledger, listed

NEAR_METRES = 50.0
"""Two venues of one type this near to each other may be one, whatever their names;"""
ALIKE_METRES = 300.0
"""and this near if their names are alike."""
LIKENESS = 0.6
GENERIC = re.compile(
    "|".join(
        """综合性 综合 新时代 文明实践 科普教育 科普中国 科普惠农 科普 科学 科技 教育 文化 服务 党群
        活动室 活动中心 活动点 阅览室 图书室 图书馆 文化馆 博物馆 科技馆 科学馆 少年宫 创客室
        创客空间 农家书屋 书屋 农技驿站 驿站 农村夜校 夜校 日间照料 照料 惠农 乡村e站 e站
        活动 中心 基地 场馆 设施 广场 大学 学校 小学 中学
        街道办事处 办事处 街道 社区 居民委员会 居委会 居委 村民委员会 村委会 村委
        镇 乡 村 区 县 市 省 站 所 室 馆 点 厅 屋 的""".split()
    )
)
"""What many venues have in their names."""
NUMBERS = re.compile(r"[0-9]+|[一二三四五六七八九十]+")


@lru_cache(2**16)
def core(name: str) -> str:
    """Return a name without the words that many share; the whole where nothing else is left."""
    key = lookup_key(name)
    return GENERIC.sub("", key) or key


def alike(one: str, other: str) -> bool:
    """
    Tell whether two names may mean one venue: by what is left without generic words.

    石角镇文化站 and 源潭镇文化站 are not alike, 民平村综合文化服务中心 and 民平村综合文化服务站
    are. Names that differ in a number are not.
    """
    first, second = core(one), core(other)
    if NUMBERS.findall(first) != NUMBERS.findall(second):
        return False
    if min(len(first), len(second)) < 2:
        return first == second
    if first.endswith(second) or second.endswith(first):
        return True
    matcher = SequenceMatcher(None, first, second, autojunk=False)
    return matcher.real_quick_ratio() >= LIKENESS and matcher.ratio() >= LIKENESS


def warn_twins(frame: GeoDataFrame, ids: list[str], ledger: Ledger) -> None:
    """
    Warn of venues that may be one: same type, not closed, near or with names alike.

    Venues of different types may share a house and a name.
    """
    twins = []
    names = frame["name"].tolist()
    shapes = np.asarray(frame.geometry, object)
    open_ = (frame["status"] != "closed").to_numpy()
    for kind in frame["type"].unique():
        places = np.flatnonzero(((frame["type"] == kind) & open_).to_numpy())
        points = shapes[places]
        found = shapely.STRtree(points).query(points, predicate="dwithin", distance=ALIKE_METRES)
        one, other = found[:, found[0] < found[1]]
        metres = shapely.distance(points[one], points[other])
        for i, j, apart in zip(places[one], places[other], metres, strict=True):
            if apart <= NEAR_METRES or alike(names[i], names[j]):
                twins.append((int(i), int(j)))
    if twins:
        pairs = [f"{ids[i]} = {ids[j]}" for i, j in sorted(twins)]
        ledger.warn("W-TWINS", count=len(pairs), venues=listed(pairs))
