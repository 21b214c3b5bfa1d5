"""One venue in the list is a list; and every reason is one of those that are told."""

from __future__ import annotations

import pandas as pd

from kepu.coverage.targets import REASONS, VERDICTS, judged, targets_table


def table(venues):
    plan = pd.DataFrame(
        {"name": ["活动室"], "kind": ["venue"], "venue_type": ["room"],
         "target": pd.array([1], dtype="Float64"), "comparison": [">="], "unit": ["间"]},
        index=pd.Index(["rooms"], name="key"),
    )  # fmt: skip
    reported = pd.DataFrame(columns=["baseline", "now", "source", "as_of"])
    coverage = pd.DataFrame(
        columns=["types", "mode", "minutes", "group", "scope", "people", "covered", "share"]
    )
    return targets_table(plan, venues, reported, coverage, {}).iloc[0]


def test_one_listed_venue_is_counted():
    row = ("room", "open", False, "t1")
    found = table(pd.DataFrame([row], columns=["type", "status", "outside", "town"]))
    assert (found["verdict"], found["reason"]) == ("met", "")
    assert (found["counted"], found["now"]) == (1, 1)
    none = table(pd.DataFrame(columns=["type", "status", "outside", "town"]))
    assert (none["verdict"], none["reason"]) == ("unknown", "no_venue_listed")


def test_verdicts_and_reasons_are_those_that_are_told():
    found = {
        judged(target, ">=", counted=counted, listed=listed, reported=reported, apart=apart)
        for target in (None, 2.0)
        for counted in (None, 0, 2)
        for listed in (False, True)
        for reported in (None, 1.0, 2.0)
        for apart in (0, 5)
    }
    assert {verdict for verdict, _ in found} == set(VERDICTS)
    assert {reason for _, reason in found} == set(REASONS)
