"""What was reported on the targets of the plan beside the map: baseline and present figure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import pandas as pd

from .cells import day, half_width, lookup_key, number, words
from .columns import Column, Match, resolve
from .features import read_records
from .ledger import Ledger
from .rows import column_texts, parse_rows, refuse_twice
from .tables import Table, open_ledger


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
    """Read a figure that is not below zero, with a percent sign or without."""
    return number(half_width(cell).removesuffix("%"))


COLUMNS = (
    Column("target", ("目标", "指标", "指标名称", "名称", "target"), words),
    Column("baseline", ("基线", "基期", "基线值", "基期值", "baseline"), figure, required=False,
           filled=False),
    Column("now", ("现状", "现状值", "现有", "now"), figure, filled=False),
    Column("as_of", ("数据日期", "截至日期", "as_of"), day, required=False, filled=False),
    Column("source", ("来源", "数据来源", "source"), words, required=False, filled=False),
)  # fmt: skip
FIGURES = ("baseline", "now")


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
        in percent; one between 0 and 1 may be a share and is refused, and so is a percentage of
        another target.

    Raises
    ------
    LayerError
        The file as a whole is wrong.
    """
    table = read_records(path, COLUMNS, sheet=sheet, header=header, stated=columns)
    ledger = open_ledger(table)
    matches = resolve(list(table.cells.columns), COLUMNS, ledger, columns)
    values = parse_rows(table, matches, ledger)
    keys = _keys(values["target"], targets, matches["target"].header, ledger)
    _check_percent(table, values, keys, matches, targets, ledger)
    refuse_twice(keys, matches["target"].header, ledger)
    ledger.settle(table.cells, table.blank)
    found = values.assign(key=keys)
    kept = found[~found.index.isin(sorted(ledger.refused))].set_index("key")
    numbers = {
        name: pd.array([None if v is None else float(v) for v in kept[name]], dtype="Float64")
        if name in kept
        else pd.array([None] * len(kept), dtype="Float64")
        for name in FIGURES
    }
    texts = {name: column_texts(kept, name).to_numpy() for name in ("source", "as_of")}
    return Progress(pd.DataFrame({**numbers, **texts}, index=kept.index), ledger)


def _keys(cells: pd.Series, targets: pd.DataFrame, header: str, ledger: Ledger) -> pd.Series:
    """Return the keys of the targets that rows name; none where the plan has no such target."""
    known = {lookup_key(str(name)): str(key) for key, name in targets["name"].items()}
    known |= {lookup_key(str(key)): str(key) for key in targets.index}
    keys: list[str | None] = []
    for row, cell in cells.items():
        keys.append(None if cell is None else known.get(lookup_key(str(cell))))
        if cell is not None and keys[-1] is None:
            ledger.refuse(cast(int, row), "Q-TARGET-NAME", header, cell)
    return pd.Series(keys, cells.index, dtype=object)


def _check_percent(
    table: Table,
    values: pd.DataFrame,
    keys: pd.Series,
    matches: Mapping[str, Match],
    targets: pd.DataFrame,
    ledger: Ledger,
) -> None:
    """Refuse what may be a share where a percentage is wanted, and a percentage of a count."""
    for row, key in keys.dropna().items():
        in_percent = targets.at[key, "unit"] == "%"
        for header, value in [
            (matches[n].header, values.at[row, n]) for n in FIGURES if n in matches
        ]:
            cell = str(table.cells.at[row, header])
            if in_percent and value is not None and 0 < cast(float, value) <= 1:
                ledger.refuse(cast(int, row), "Q-TARGET-PERCENT", header, value)
            elif not in_percent and value is not None and half_width(cell).endswith("%"):
                ledger.refuse(cast(int, row), "Q-TARGET-COUNT", header, cell)
