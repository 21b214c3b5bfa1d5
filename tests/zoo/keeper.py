"""Run `kepu` on a study of the zoo and look at what it left and said."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import geopandas as gpd
from typer.testing import CliRunner

from kepu.cli import app


@dataclass
class Outcome:
    """What a command left and said."""

    exit: int
    stdout: str
    stderr: str
    out: Path

    @cached_property
    def answer(self):
        return json.loads(self.stdout)

    @cached_property
    def standards(self):
        return {row["key"]: row for row in self.answer["standards"]}

    def sheet(self, name):
        with (self.out / f"{name}.csv").open(encoding="utf-8-sig", newline="") as stream:
            return list(csv.DictReader(stream))

    def layer(self, name):
        return gpd.read_file(self.out / "results.gpkg", layer=name)

    @property
    def town_people(self):
        layer = self.layer("镇街")
        return dict(zip(layer["名称"], layer["人口"].astype(int), strict=True))

    def normalised(self, table, column, count):
        assert self.answer["tables"][table]["normalised"][column] == count


def kepu(command, study, *options, out=None):
    arguments = [command, str(study), "--json", *options]
    if command == "run":
        arguments += ["--out", str(out), "--no-cache", "--no-appendix"]
    found = CliRunner().invoke(app, arguments)
    return Outcome(found.exit_code, found.stdout, found.stderr, out)


def balanced(tables):
    for table in tables.values():
        assert table["rows_in"] == table["ok"] + table["quarantined"] + table["ignored"]
        assert table["people_in"] == table["people_ok"] + table["people_quarantined"]


def both_languages(code, stderr):
    lines = [line for line in stderr.splitlines() if line.startswith(f"[{code}]")]
    assert lines, f"{code} is not said:\n{stderr[:2000]}"
    assert any(line.endswith("。") for line in lines)
    assert any(line.endswith(".") and line.split("]")[1][1:2].isascii() for line in lines)
