"""The marks and weights that the access index states."""

from __future__ import annotations

import pandas as pd

from kepu.coverage.index import ACCESS_INDICATORS, points


def test_marks_and_weights_are_those_of_the_method():
    assert [(one.key, one.weight, one.worst, one.best) for one in ACCESS_INDICATORS] == [
        ("covered", 0.4, 0.0, 1.0),
        ("time_gap", 0.2, 1.0, 0.0),
        ("supply", 0.2, 0.0, 1.0),
        ("choice", 0.2, 0.0, 1.0),
    ]
    assert sum(one.weight for one in ACCESS_INDICATORS) == 1


def test_the_mean_of_the_district_is_full_marks_for_supply_and_more_is_no_more():
    table = pd.DataFrame({
        "covered": [1.0, 0.5], "time_gap": [0.0, 0.25], "supply": [1.0, 3.0], "choice": [1.0, 0.5],
    })  # fmt: skip
    found = points(table, ACCESS_INDICATORS)
    assert found.loc[0].tolist() == [100.0] * 4
    assert found.loc[1].tolist() == [50.0, 75.0, 100.0, 50.0]
