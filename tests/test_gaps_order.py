"""Which of the flags comes first: by score, of equal scores by people, then by name."""

from __future__ import annotations

from kepu.coverage.gaps import FIXES, _ranked


def row(name, score, people, level="severe"):
    return {"id": name, "score": float(score), "people": people, "level": level}


def test_priority_is_by_score_then_people_then_name():
    rows = [row("b", 5, 10), row("a", 5, 10), row("c", 5, 99), row("d", 7, 1), row("e", 0, 1000)]
    ranked = {one["id"]: one["priority"] for one in _ranked(rows)}
    assert ranked == {"d": 1, "c": 2, "a": 3, "b": 4, "e": 5}


def test_what_cannot_be_judged_has_no_priority_and_keeps_its_place():
    rows = [row("x", 9, 9, ""), row("y", 1, 1, "moderate")]
    ranked = _ranked(rows)
    assert [one["id"] for one in ranked] == ["x", "y"]
    assert "priority" not in ranked[0]
    assert ranked[1]["priority"] == 1


def test_what_may_be_done_about_a_gap():
    """The words that the page and the tables translate."""
    assert FIXES == (
        "open", "extend", "hours", "audience", "road", "survey", "capacity", "new", "",
    )  # fmt: skip
