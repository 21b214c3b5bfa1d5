"""A study file says what it means, and what is wrong with it is told with its line."""

import datetime

import pytest

from kepu.geo.errors import StudyError
from kepu.geo.profile import default_profiles
from kepu.study_file import line_of, read_study

TEXT = """
[study]
name = "测试"
date = 2026-11-01

[towns]
file = "towns.geojson"
datum = "WGS84"

[venues]
file = "venues.csv"
datum = "GCJ02"

[demand]
file = "demand.csv"
datum = "WGS84"
population = "resident"
year = 2020

[roads]
file = "roads.osm.pbf"

[modes.walk]
detour = 1.0

[speeds.car]
trunk = 70

[[standards]]
key = "room"
name = "社区科普活动室步行15分钟"
types = ["room.community"]
mode = "walk"
minutes = 15
goal = 0.9
"""


@pytest.fixture
def study_of(tmp_path):
    def write(text):
        path = tmp_path / "study.toml"
        path.write_text(text, encoding="utf-8")
        return read_study(path)

    return write


def refused(study_of, text):
    with pytest.raises(StudyError) as caught:
        study_of(text)
    return caught.value.faults


def test_a_study_reads_as_it_is_written(study_of, tmp_path):
    study = study_of(TEXT)
    assert study.study.date == datetime.date(2026, 11, 1)
    assert study.venues.datum == "GCJ02"
    assert study.folder == tmp_path
    (standard,) = study.wanted
    assert (standard.types, standard.minutes, standard.goal) == (("room.community",), 15, 0.9)
    assert (standard.group, standard.area) == ("people", "all")


def test_modes_and_speeds_are_changed_and_the_rest_stays(study_of):
    profiles, before = study_of(TEXT).profiles, default_profiles()
    assert profiles["walk"].detour == 1.0
    assert profiles["walk"].access_kmh == before["walk"].access_kmh
    assert profiles["car"].speeds["trunk"].kmh == 70
    assert profiles["car"].speeds["trunk"].built_up_kmh == 70
    assert profiles["car"].speeds["primary"] == before["car"].speeds["primary"]
    assert before["car"].speeds["trunk"].kmh == 60


@pytest.mark.parametrize(
    ("wrong", "right", "near"),
    [
        ("minuts = 15", "minutes = 15", "minutes"),
        ('datumm = "GCJ02"', 'datum = "GCJ02"', "datum"),
        ('populations = "resident"', 'population = "resident"', "population"),
        ("detours = 1.0", "detour = 1.0", "detour"),
        ('names = "测试"', 'name = "测试"', "name"),
    ],
)
def test_an_unknown_key_names_the_nearest_right_one_and_its_line(study_of, wrong, right, near):
    text = TEXT.replace(right, wrong)
    faults = {fault.code: fault for fault in refused(study_of, text)}
    fault = faults["E-STUDY-KEY"]
    assert fault.facts["near"] == near
    assert text.splitlines()[fault.row - 1] == wrong
    assert near in fault.zh
    assert near in fault.en


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("minutes = 15", "minutes = 0", "E-STUDY-VALUE"),
        ("minutes = 15", 'minutes = "15"', "E-STUDY-VALUE"),
        ("goal = 0.9", "goal = 90", "E-STUDY-VALUE"),
        ("goal = 0.9", "goal = 0.00000001", "E-STUDY-VALUE"),
        ("minutes = 15", "minutes = 0.00000001", "E-STUDY-VALUE"),
        ("date = 2026-11-01", "date = 2026-11-01\nthresholds = [1e-9]", "E-STUDY-VALUE"),
        ('mode = "walk"', 'mode = "fly"', "E-STUDY-VALUE"),
        ("year = 2020", "year = 20", "E-STUDY-VALUE"),
        ('types = ["room.community"]', "types = []", "E-STUDY-VALUE"),
        ('types = ["room.community"]', 'types = ["room.comunity"]', "E-STANDARD-TYPE"),
        ("minutes = 15", "minutes = 150", "E-STANDARD-HORIZON"),
        ('population = "resident"\n', "", "E-STUDY-MISSING"),
        ('[roads]\nfile = "roads.osm.pbf"\n', "", "E-STUDY-MISSING"),
        ("year = 2020", "year = 2020\nyear = 2021", "E-STUDY-TOML"),
        ("[roads]", "[roads", "E-STUDY-TOML"),
        ("date = 2026-11-01", 'date = 2026-11-01\nmodes = ["car"]', "E-STANDARD-MODE"),
    ],
)
def test_wrong_values_are_refused(study_of, old, new, code):
    text = TEXT.replace(old, new, 1)
    assert text != TEXT
    assert code in {fault.code for fault in refused(study_of, text)}


@pytest.mark.parametrize("metres", ["nan", "inf", "-inf", "-5", "1e9"])
def test_a_point_is_off_by_metres_that_can_be(study_of, metres):
    (fault,) = refused(study_of, TEXT + f"\n[sureness]\nmetres = {{ D = {metres} }}\n")
    assert (fault.code, fault.column) == ("E-STUDY-VALUE", "sureness.metres.D")
    assert fault.zh.isprintable()


def test_a_number_without_end_is_refused_where_none_is_too_large(study_of):
    (fault,) = refused(study_of, TEXT + "people_a_unit = inf\n")
    assert (fault.code, fault.column) == ("E-STUDY-VALUE", "standards.0.people_a_unit")


def test_one_group_has_one_pace_in_one_mode(study_of):
    pace = '\n[[paces]]\ngroup = "elderly"\nmode = "{}"\nshare = 0.{}\nsource = "例"\n'
    (fault,) = refused(study_of, TEXT + pace.format("walk", 8) + pace.format("walk", 5))
    assert (fault.code, fault.value) == ("E-STUDY-VALUE", "elderly walk")
    assert len(study_of(TEXT + pace.format("walk", 8) + pace.format("ebike", 5)).paced) == 2


@pytest.mark.parametrize("key", ["folder", "path"])
def test_where_the_file_lies_is_no_key(study_of, key):
    (fault,) = refused(study_of, f'{key} = "x"\n' + TEXT)
    assert (fault.code, fault.row, fault.value) == ("E-STUDY-KEY", 1, key)


def test_a_speed_of_no_class_of_roads_is_refused(study_of):
    with pytest.raises(StudyError) as caught:
        _ = study_of(TEXT.replace("trunk = 70", "motorroad = 70")).profiles
    assert [fault.code for fault in caught.value.faults] == ["E-SPEED-CLASS"]


def test_all_faults_are_told_at_once(study_of):
    text = TEXT.replace("goal = 0.9", "goal = 9").replace("year = 2020", "yeer = 2020")
    codes = [fault.code for fault in refused(study_of, text)]
    assert sorted(codes) == ["E-STUDY-KEY", "E-STUDY-MISSING", "E-STUDY-VALUE"]


def test_a_percent_is_not_taken_for_a_share(study_of):
    (fault,) = refused(study_of, TEXT.replace("goal = 0.9", "goal = 90"))
    assert fault.column == "standards.0.goal"
    assert fault.value == "90"


def test_two_standards_need_two_keys(study_of):
    standard = TEXT[TEXT.index("[[standards]]") :]
    assert [f.code for f in refused(study_of, TEXT + standard)] == ["E-STANDARD-TWICE"]


LINES = """\
[towns]
file = "a"
[venues]  # 设施
file = "b"
columns = { name = "名称" }
[[standards]]
key = "one"
[[standards]]
key = "two"
[sites.costs."room.community"]
build = 30
"""


@pytest.mark.parametrize(
    ("location", "line"),
    [
        (("towns", "file"), 2), (("venues", "file"), 4), (("venues", "columns", "name"), 5),
        (("standards", 1, "key"), 9), (("standards", 1, "goal"), 8), (("venues", "date"), 3),
        (("sites", "costs", "room.community", "build"), 11), (("roads", "file"), None),
    ],
)  # fmt: skip
def test_a_fault_names_the_line_of_its_own_table(location, line):
    """The first `file` was named, whichever table was wrong."""
    assert line_of(LINES, location) == line


@pytest.mark.parametrize("path", ["资料\\设施.xlsx", "C:\\Users\\设施.xlsx", "资料\\new.xlsx"])
def test_a_path_as_windows_writes_it_is_told_how_to_write(study_of, path):
    """Of a path that was copied, TOML makes an error, or a tab or a new line that nobody sees."""
    line = next(line for line in TEXT.splitlines() if line.startswith("file = ") and "ven" in line)
    (fault,) = refused(study_of, TEXT.replace(line, f'file = "{path}"'))
    assert fault.code == "E-TOML-BACKSLASH"
    assert fault.row == TEXT.splitlines().index(line) + 1
    assert "/" in fault.remedy_zh


def test_a_missing_file_a_folder_and_other_encodings_are_named(tmp_path):
    for path, code in ((tmp_path / "none.toml", "E-FILE-MISSING"), (tmp_path, "E-STUDY-FOLDER")):
        with pytest.raises(StudyError, match=code):
            read_study(path)
    gbk = tmp_path / "gbk.toml"
    gbk.write_bytes(TEXT.encode("gb18030"))
    with pytest.raises(StudyError, match="E-TOML-ENCODING"):
        read_study(gbk)
    bom = tmp_path / "bom.toml"
    bom.write_bytes(TEXT.encode("utf-8-sig"))
    assert read_study(bom).study.name == "测试"
