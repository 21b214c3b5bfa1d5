"""What was reported on the targets of the plan beside the map: baseline and present figure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pandas as pd

from .cells import day, lookup_key, number, words
from .columns import Column, resolve
from .features import read_records
from .ledger import Ledger
from .rows import column_texts, parse_rows, refuse_twice
from .tables import open_ledger


@dataclass(frozen=True, eq=False)
class Progress:
    """
    Reported figures.

    Parameters
    ----------
    table
        Index `key` of the target: `baseline`, `now` (Float64), `source`, `as_of` (texts).
    ledger
        What became of the rows.
    """

    table: pd.DataFrame
    ledger: Ledger


def figure(cell: str) -> float:
    """Read a figure that is not below zero."""
    return number(cell.strip().removesuffix("%"))


COLUMNS = (
    Column("target", ("目标", "指标", "指标名称", "名称", "target"), words),
    Column("baseline", ("基线", "基期", "基线值", "基期值", "baseline"), figure, required=False,
           filled=False),
    Column("now", ("现状", "现状值", "现有", "now"), figure, filled=False),
    Column("as_of", ("数据日期", "截至日期", "as_of"), day, required=False, filled=False),
    Column("source", ("来源", "数据来源", "source"), words, required=False, filled=False),
)  # fmt: skip


def nothing_reported() -> pd.DataFrame:
    """Return the table of a study to which nothing was reported."""
    frame = pd.DataFrame({"baseline": [], "now": []}, dtype="Float64")
    return frame.assign(source=pd.Series(dtype=str), as_of=pd.Series(dtype=str))


def read_progress(
    path: Path | str,
    targets: pd.DataFrame,
    *,
    sheet: str | None = None,
    header: int | None = None,
    columns: Mapping[str, str] | None = None,
) -> Progress:
    """
    Read what was reported on the targets.

    A wrong row goes to the quarantine, and its target cannot be judged.

    Parameters
    ----------
    path, sheet, header, columns
        As in `read_venues`.
    targets
        Of `plan_targets`: a row names one by key or by name. Of a target in percent the figure is
        in percent; one between 0 and 1 may be a share and is refused.

    Raises
    ------
    LayerError
        The file as a whole is wrong.
    """
    table = read_records(path, COLUMNS, sheet=sheet, header=header, stated=columns)
    ledger = open_ledger(table)
    matches = resolve(list(table.cells.columns), COLUMNS, ledger, columns)
    values = parse_rows(table, matches, ledger)
    known = {lookup_key(str(name)): str(key) for key, name in targets["name"].items()}
    known |= {lookup_key(str(key)): str(key) for key in targets.index}
    keys: list[str | None] = []
    for index, cell in values["target"].items():
        key = None if cell is None else known.get(lookup_key(str(cell)))
        header_of = matches["target"].header
        if cell is not None and key is None:
            ledger.refuse(cast(int, index), "Q-TARGET-NAME", header_of, cell)
        if key is not None and targets.at[key, "unit"] == "%":
            for name in {"baseline", "now"} & set(matches):
                value: Any = values.at[index, name]
                if value is not None and 0 < value <= 1:
                    ledger.refuse(cast(int, index), "Q-TARGET-PERCENT", matches[name].header, value)
        keys.append(key)
    found = values.assign(key=pd.Series(keys, values.index, dtype=object))
    refuse_twice(found["key"], matches["target"].header, ledger)
    ledger.settle(table.cells, table.blank)
    kept = found[~found.index.isin(sorted(ledger.refused))].set_index("key")
    numbers = {
        name: pd.array([None if v is None else float(v) for v in kept[name]], dtype="Float64")
        if name in kept
        else pd.array([None] * len(kept), dtype="Float64")
        for name in ("baseline", "now")
    }
    texts = {name: column_texts(kept, name).to_numpy() for name in ("source", "as_of")}
    return Progress(pd.DataFrame({**numbers, **texts}, index=kept.index), ledger)
