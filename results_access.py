"""Further tables of a run: access, equity, bands, conditions, indicators and the index."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from .assessment import Assessment
from .coverage.clusters import FEWEST_NEIGHBOURS, FEWEST_PLACES
from .coverage.index import ACCESS_INDICATORS
from .coverage.neighbours import NEIGHBOURS
from .results_equity import equity_sheet
from .results_rows import titles_of, where_of
from .study import Survey
from .study_keys import Study
from .wording import (
    CONDITION_NAMES,
    KIND_NAMES,
    MODE_NAMES,
    ROAD_NAMES,
    VERDICT_NAMES,
    percent_column,
)

CLUSTER_NAMES = {
    "": "不显著",
    "high": "高值集聚",
    "low": "低值集聚",
    "high_among_low": "低值区中的高值",
    "low_among_high": "高值区中的低值",
}
UNTESTED_NAMES = {
    "few_places": f"未检验：居民点不足{FEWEST_PLACES}个",
    "few_neighbours": f"未检验：邻居不足{FEWEST_NEIGHBOURS}个",
    "all_alike": "未检验：数值全部相同",
}
"""Said instead of a cluster; where the standard is not meant for a place nothing is said."""
ACCESS_NAMES = {"e2sfca": "可达设施", "e2sfca_capacity": "可达容量"}
CATCHMENT_NAMES = {
    "cumulative": ("时限内可达设施", "人口加权平均；累计机会"),
    "potential_gaussian_within": ("引力潜能（高斯截止）", "人口加权平均；时限处衰减为 0"),
    "potential_stepped": ("引力潜能（分段）", "人口加权平均；时限的三段取 1、0.68、0.22"),
    "potential_linear": ("引力潜能（线性）", "人口加权平均；时限一半处为 0.5，时限处为 0"),
    "potential_exponential": ("引力潜能（指数）", "人口加权平均；时限一半处为 0.5，时限外仍计"),
    "potential_gaussian": ("引力潜能（高斯）", "人口加权平均；时限一半处为 0.5，时限外仍计"),
    "potential_power": (
        "引力潜能（幂）",
        "人口加权平均；时限四分之一以内为 1，一半处为 0.5，时限外仍计",
    ),
    "potential_logistic": ("引力潜能（逻辑斯谛）", "人口加权平均；时限一半处约为 0.5，时限外仍计"),
    "2sfca": ("两步移动搜索（2SFCA）", "人口加权平均；时限以内同等计入"),
    "e2sfca": ("两步移动搜索（E2SFCA）", "人口加权平均；时限的三段取 1、0.68、0.22"),
    "3sfca": ("三步移动搜索（3SFCA）", "人口加权平均；计入设施之间的竞争，不宜用来比较增减方案"),
    "bfca": ("均衡移动搜索（BFCA）", "人口加权平均；数值随居民点划分而变，只宜同一套居民点内比较"),
    "availability": ("空间可得量", "本区域人口分得的设施数，各镇街相加为全区"),
    "e2sfca_capacity": ("两步移动搜索（E2SFCA，按容量）", "人口加权平均"),
}
CATCHMENT_LAWS = {
    "2sfca": "Σ人口×可达性÷1万＝有人可达的设施（处）",
    "e2sfca": "Σ人口×可达性÷1万＝有人可达的设施（处）",
    "3sfca": "Σ人口×可达性÷1万＝有人可达的设施（处）",
    "bfca": "各居民点可达性之和＝各设施每万人供给之和",
    "availability": "各居民点之和＝有人可达的设施（处）",
    "e2sfca_capacity": "Σ人口×可达性÷1万＝有人可达的容量",
}
CATCHMENT_NOTES = {
    "E-CAPACITY-NONE": "有设施未注明容量，不按容量计算",
    "E-CAPACITY-UNITS": "容量单位不同或未写，不能相加，不按容量计算",
}
INDEX_NAMES = {
    "covered": "达标覆盖率",
    "time_gap": "出行时间贫困差距",
    "supply": "人均可得供给与全区之比",
    "choice": "可达设施种类比例",
}
RANK_NAMES = {
    "score": "得分",
    "rank": "名次",
    "likely_best": "常见最好名次",
    "likely_worst": "常见最差名次",
    "best": "最好名次",
    "worst": "最差名次",
    "without_best": "去掉一项的最好名次",
    "without_worst": "去掉一项的最差名次",
}


def further_sheets(study: Study, survey: Survey, found: Assessment) -> dict[str, pd.DataFrame]:
    """Return the tables by the name of their file, for print."""
    return {
        "access": access_sheet(study, survey, found),
        "access_areas": catchments_sheet(study, survey, found),
        "equity": equity_sheet(study, survey, found),
        "bands": bands_sheet(study, survey, found),
        "surveys": surveys_sheet(study, found),
        "conditions": conditions_sheet(study, survey, found),
        "indicators": indicators_sheet(study, survey, found),
        "index": index_sheet(found),
        **({} if survey.calibration is None else {"calibration": calibration_sheet(survey)}),
    }


def access_sheet(study: Study, survey: Survey, found: Assessment) -> pd.DataFrame:
    """Return a row per place: venues for 10 000 people by standard, and where they gather."""
    demand = survey.demand
    columns: dict[str, Any] = {
        "代码": demand.index,
        "名称": demand["name"].to_numpy(),
        "镇街": demand["town"].map(survey.towns["name"]).to_numpy(),
        "城乡": np.where(demand["rural"], "乡村", "城镇"),
        "人口": demand["people"].to_numpy(),
    }
    for standard in study.standards:
        own = found.access[found.access["standard"] == standard.key]
        for measure, rows in own.groupby("measure", sort=False):
            unit = rows["unit"].iloc[0]
            title = f"{standard.name}·{ACCESS_NAMES[str(measure)]}（{unit}）"
            columns[title] = rows.set_index("place")["value"].loc[demand.index].pipe(_four_digits)
        gathered = found.clusters[found.clusters["standard"] == standard.key]
        kinds = (
            gathered["reason"].map(UNTESTED_NAMES).fillna(gathered["cluster"].map(CLUSTER_NAMES))
        )
        kinds = kinds.set_axis(gathered["place"]).reindex(demand.index).fillna("")
        around = f"{MODE_NAMES[standard.mode]}最近{NEIGHBOURS}处"
        columns[f"{standard.name}·集聚（{around}）"] = kinds.to_numpy()
    return pd.DataFrame(columns)


def catchments_sheet(study: Study, survey: Survey, found: Assessment) -> pd.DataFrame:
    """Return access by standard, measure and scope, with what each measure conserves."""
    table = found.catchments
    notes = table["note"].map(CATCHMENT_NOTES)
    meanings = table["measure"].map({key: text for key, (_, text) in CATCHMENT_NAMES.items()})
    lawful = table["conserved"].notna() & (table["scope"] == "district")
    return pd.DataFrame(
        {
            "标准": table["standard"].map(titles_of(study)),
            "方法": table["measure"].map({key: name for key, (name, _) in CATCHMENT_NAMES.items()}),
            **where_of(table, survey),
            "人口": table["people"],
            "数值": _four_digits(table["value"]),
            "单位": table["unit"],
            "含义": notes.fillna(meanings),
            "守恒关系": table["measure"].map(CATCHMENT_LAWS).where(lawful, "").fillna(""),
            "守恒关系左边": _four_digits(table["conserved"].where(lawful)),
            "守恒关系右边": _four_digits(table["expected"].where(lawful)),
        }
    )


def _four_digits(column: pd.Series) -> pd.api.extensions.ExtensionArray:
    """Round to four digits that count: access by place may be any size."""
    numbers = [None if pd.isna(value) else float(f"{value:.4g}") for value in column]
    return pd.array(numbers, dtype="Float64")


def bands_sheet(study: Study, survey: Survey, found: Assessment) -> pd.DataFrame:
    """Return how sure each share is."""
    table = found.bands
    goals = {standard.key: standard.goal for standard in study.standards}
    change = f"{100 * study.sureness.speed_change:g}%"
    return pd.DataFrame(
        {
            "标准": table["standard"].map(titles_of(study)),
            **where_of(table, survey),
            "覆盖率（%）": percent_column(table["share"]),
            "点位误差下限（%）": percent_column(table["point_low"]),
            "点位误差上限（%）": percent_column(table["point_high"]),
            f"速度低{change}（%）": percent_column(table["speed_low"]),
            f"速度高{change}（%）": percent_column(table["speed_high"]),
            "目标（%）": percent_column(table["standard"].map(goals)),
            "判定": table["verdict"].map(VERDICT_NAMES),
        }
    )


def surveys_sheet(study: Study, found: Assessment) -> pd.DataFrame:
    """Return the points to survey first."""
    table = found.surveys
    return pd.DataFrame(
        {
            "次序": table["rank"],
            "对象": table["kind"].map(KIND_NAMES),
            "代码": table["id"],
            "名称": table["name"],
            "点位精度": table["precision"].replace("", "未注明"),
            "可能偏差（米）": table["metres"],
            "取决于此点的人口": table["people"],
            "所在标准": table["standard"].map(titles_of(study)),
            "各标准合计人次": table["total"],
            "须与另一端同测的人次": table["jointly"],
        }
    )


def conditions_sheet(study: Study, survey: Survey, found: Assessment) -> pd.DataFrame:
    """Return coverage under stricter conditions."""
    table = found.conditions
    return pd.DataFrame(
        {
            "标准": table["standard"].map(titles_of(study)),
            "条件": table["condition"].map(CONDITION_NAMES),
            **where_of(table, survey),
            "人口": table["people"],
            "覆盖人口": table["covered"],
            "开放时间不明人口": table["hours_unknown"],
            "覆盖率（%）": percent_column(table["share"]),
        }
    )


def indicators_sheet(study: Study, survey: Survey, found: Assessment) -> pd.DataFrame:
    """Return figures by the names under which they are reported."""
    table = found.indicators
    down = np.floor(table["value"].to_numpy(float, na_value=np.nan) * 10 + 1e-9) / 10
    exact = np.round(table["value"].to_numpy(float, na_value=np.nan), 2)
    percent = (table["unit"] == "%").to_numpy()
    return pd.DataFrame(
        {
            "指标": table["name"],
            **where_of(table, survey),
            "数值": pd.array(np.where(percent, down, exact), dtype="Float64"),
            "单位": table["unit"],
            "分子": table["numerator"],
            "分母": table["denominator"],
            "标准": table["standard"].map(titles_of(study)).fillna(""),
            "依据与口径": table["basis"],
        }
    )


def index_sheet(found: Assessment) -> pd.DataFrame:
    """Return the access part of the science index by town."""
    table, weights = found.index, {part.key: part.weight for part in ACCESS_INDICATORS}
    columns: dict[str, Any] = {"代码": table.index, "镇街": table["name"].to_numpy()}
    for key, name in INDEX_NAMES.items():
        columns[name] = table[key].round(4).array
        columns[f"{name}·分（权数{weights[key]:g}）"] = table[f"{key}_points"].round(1).array
    for key, name in RANK_NAMES.items():
        columns[name] = (table[key].round(1) if key == "score" else table[key]).array
    return pd.DataFrame(columns)


def calibration_sheet(survey: Survey) -> pd.DataFrame:
    """Return how the speeds stand to timed trips, by mode and group of roads."""
    table = survey.calibration if survey.calibration is not None else pd.DataFrame()
    percent = {
        "现状偏差（%）": "bias_before",
        "现状误差（%）": "error_before",
        "校正后误差（%）": "error_after",
        "留一检验误差（%）": "error_left_out",
    }
    judged = table["status"].map({"ok": "可用", "too_few": "行程太少，不作校核"})
    return pd.DataFrame(
        {
            "出行方式": table["mode"].map(MODE_NAMES),
            "道路": table["group"].map(ROAD_NAMES),
            "实测行程": table["trips"],
            "时间系数": table["factor"].astype("Float64").round(3),
            "速度系数（建议乘以）": table["speed_factor"].astype("Float64").round(3),
            **{
                name: (table[key].astype("Float64") * 100).round(1) for name, key in percent.items()
            },
            "结论": judged,
        }
    )
