"""The table of equity for print, each measure with what it means."""

from __future__ import annotations

import numpy as np
import pandas as pd

from .assessment import Assessment
from .measures_equity import TENTHS
from .results_rows import titles_of, where_of
from .study import Survey
from .study_keys import Study
from .wording import percent_column

EQUITY_NAMES = {
    "gini_access": (
        "可达性基尼系数",
        "可达性为每万人可达设施（access.csv），人少处有一处就很高，与覆盖率是两回事；"
        "0 为人人相同，越接近 1 越不均",
    ),
    "theil_access": ("可达性泰尔指数", "0 为人人相同；等于镇街间与镇街内之和"),
    "theil_between_towns": ("泰尔指数：镇街之间", "各镇街之间的差距"),
    "theil_within_towns": ("泰尔指数：镇街之内", "各镇街内部的差距"),
    "theil_between_urban_rural": ("泰尔指数：城乡之间", "城镇与乡村之间的差距"),
    "theil_within_urban_rural": ("泰尔指数：城乡之内", "城镇内部与乡村内部的差距"),
    **{
        f"lorenz_{tenth}0": (
            f"洛伦兹曲线：最差的{tenth}成人口占有",
            f"可达性由低到高排列，最差的{tenth}成人口占全部可达性的份额；人人相同时为 {tenth}0%",
        )
        for tenth in TENTHS
    },
    "access_poor": ("可达性贫困人口比例", "可达性低于全区均值一半的人口"),
    "access_gap": ("可达性贫困差距", "低于均值一半的人缺多少（占该线的比例），其余人计 0，人均值"),
    "access_severity": ("可达性贫困深度", "所缺比例的平方均值，越差的越重"),
    "mean_access": ("可达性均值", "人口加权平均，与分区可达性的 E2SFCA 相同"),
    "even_access": ("等效均等可达性", "人人相同时与现状一样好的可达性（Kolm-Pollak），不高于均值"),
    "ends_access": ("最好一成与最差四成之比", "按可达性排序的人口，均值之比"),
    "concentration_people": (
        "可达性集中指数（按居民点人口由少到多）",
        "−1 至 1；大于 0 为人口多的居民点更好，小于 0 为人口少的更好",
    ),
    "concentration_elderly": (
        "可达性集中指数（按老年人占比由低到高）",
        "−1 至 1；大于 0 为老年人占比高的居民点更好，小于 0 为占比低的更好",
    ),
    "concentration_farmers": (
        "可达性集中指数（按农民占比由低到高）",
        "−1 至 1；大于 0 为农民占比高的居民点更好，小于 0 为占比低的更好",
    ),
    "urban_share": ("城镇覆盖率", ""),
    "rural_share": ("乡村覆盖率", ""),
    "gap_share": ("城乡覆盖率之差", "城镇减乡村，百分点"),
    "ratio_share": ("城乡覆盖率之比", "城镇除以乡村"),
    "covered_people": (
        "覆盖的集中指数（按居民点人口由少到多）",
        "Erreygers 修正，−1 至 1；大于 0 为人口多的居民点更多被覆盖",
    ),
    "covered_elderly": (
        "覆盖的集中指数（按老年人占比由低到高）",
        "Erreygers 修正，−1 至 1；大于 0 为老年人占比高的居民点更多被覆盖",
    ),
    "covered_farmers": (
        "覆盖的集中指数（按农民占比由低到高）",
        "Erreygers 修正，−1 至 1；大于 0 为农民占比高的居民点更多被覆盖",
    ),
    "poor_share": ("超出时限人口比例", "含到不了的人口"),
    "time_gap": ("出行时间贫困差距", "人均超出时限的倍数；未超出计 0，到不了的按计算时限计"),
    "time_severity": ("出行时间贫困深度", "超出倍数的平方均值，越远的越重"),
    "unreached_people": ("到不了的人口", "没有道路、没有设施或超出计算时限"),
    "even_minutes": (
        "等效均等分钟数",
        "人人相同时与现状一样好的分钟数（Kolm-Pollak）；到不了的按计算时限计，有这样的人时是下限",
    ),
}


def equity_sheet(study: Study, survey: Survey, found: Assessment) -> pd.DataFrame:
    """Return the measures of equity by standard and scope, each with what it means."""
    table = found.equity
    shares = (table["unit"] == "%").to_numpy()
    value = table["value"].to_numpy(float, na_value=np.nan)
    # A gap may be below zero: it is rounded to nearest, as are the measures without unit.
    shown = np.where(shares, np.round(value * 100, 1), np.round(value, 4))
    level = table["measure"].isin(("urban_share", "rural_share")).to_numpy()
    down = percent_column(table["value"].where(level)).to_numpy(float, na_value=np.nan)
    return pd.DataFrame(
        {
            "标准": table["standard"].map(titles_of(study)),
            "指标": table["measure"].map({key: name for key, (name, _) in EQUITY_NAMES.items()}),
            **where_of(table, survey),
            "数值": pd.array(np.where(level, down, shown), dtype="Float64"),
            "单位": table["unit"].mask(table["measure"] == "gap_share", "百分点"),
            "含义": table["measure"].map({key: text for key, (_, text) in EQUITY_NAMES.items()}),
        }
    )
