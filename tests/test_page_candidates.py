"""Where the page offers new venues: the candidates of `kepu sites`, and no others."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from kepu import atlas_whatif
from kepu.atlas_whatif import spots_of
from kepu.geo.errors import StudyError
from kepu.siting_candidates import candidates_of

from .illustrative import with_sites
from .illustrative import without_land as measured

KINDS = ("room.community", "base.district", "rural.bookhouse")


def test_they_are_those_of_sites() -> None:
    asked, now = measured()
    found = spots_of(asked, now, KINDS)
    assert found.index.is_unique
    assert set(found["origin"]) == {"place", "host"}
    wanted = set()
    for kind in KINDS:
        table = candidates_of(asked, now, [kind])
        mine = table[(table["status"] == "candidate") & (table["origin"] != "venue")]
        wanted |= set(mine.index)
        both = found.loc[mine.index]
        assert list(both["host"]) == list(mine["host"])
        assert (both.geometry == mine.geometry).all()
    assert set(found.index) == wanted
    assert (found["type"] == "").all()


def test_a_file_of_candidates_is_all_there_is(tmp_path) -> None:
    asked, now = measured()
    spot = now.demand.geometry.to_crs(4326).iloc[:3]
    kinds = ["社区科普活动室", "社区科普活动室", "农家书屋"]
    rows = ["编号,名称,类型,状态,经度,纬度"]
    rows += [
        f"X{i},点{i},{kind},候选,{p.x:.6f},{p.y:.6f}"
        for i, (kind, p) in enumerate(zip(kinds, spot, strict=True))
    ]
    (tmp_path / "候选点.csv").write_text("\n".join(rows), "utf-8")
    asked = with_sites(asked, file=str(tmp_path / "候选点.csv"), datum="WGS84")
    found = spots_of(asked, now, KINDS)
    assert list(found.index) == ["X0", "X1", "X2"]
    assert list(found["type"]) == ["room.community", "room.community", "rural.bookhouse"]
    assert set(found["origin"]) == {"file"}
    assert list(found["name"]) == ["点0", "点1", "点2"]


def test_no_candidates_are_no_error_but_a_wrong_type_is() -> None:
    asked, now = measured()
    assert spots_of(with_sites(asked, places=False, hosts=()), now, ["school.maker"]).empty
    with pytest.raises(StudyError, match="E-SITES-TYPE"):
        spots_of(with_sites(asked, hosts=("museum.moon",)), now, KINDS)


def test_of_more_than_fit_those_stay_where_most_people_live(monkeypatch) -> None:
    asked, now = measured()
    monkeypatch.setattr(atlas_whatif, "MOST_SPOTS", 20)
    monkeypatch.setattr(atlas_whatif, "_tables", lambda *_: {})
    venues = now.venues.sort_index()
    block = atlas_whatif.whatif(asked, now, venues).block
    spots = block["spots"]
    every = spots_of(asked, now, [s for standard in asked.wanted for s in standard.types])
    assert len(spots["id"]) == 20
    assert spots["left"] == len(every) - 20
    people = now.demand["people"].to_numpy()
    near = shapely.STRtree(now.demand.geometry.to_numpy()).nearest(every.geometry.to_numpy())
    lived = dict(zip(every.index, people[near], strict=True))
    rest = [lived[one] for one in every.index if one not in set(spots["id"])]
    assert min(lived[one] for one in spots["id"]) >= max(rest)
    hosts = [v for v in spots["host"] if v >= 0]
    assert [venues.index[v] for v in hosts] == [
        one for one, v in zip(spots["id"], spots["host"], strict=True) if v >= 0
    ]
    assert np.all(np.diff([list(every.index).index(one) for one in spots["id"]]) > 0)
