"""What every command that works on a study was asked, and the steps that all of them take."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .assessment import Assessment
    from .geo.errors import Fault
    from .study import Survey
    from .study_keys import Study

PLAIN = re.compile(r"[\w@%+=:,./\\-]+")
"""What no console takes for anything but itself; a road is typed with a semicolon."""


@dataclass(frozen=True)
class Job:
    """
    One call of a command.

    Parameters
    ----------
    study
        The study file.
    out
        The folder for the results.
    command
        The call as it can be typed, for the passport.
    as_json
        Whether the result is printed as one JSON object.
    accept
        Whether it goes on beyond the quarantine limits.
    corrected
        The folder of corrected quarantine files, if any.
    cache
        The folder of what is kept from run to run; None keeps nothing.
    """

    study: Path
    out: Path
    command: str
    as_json: bool = False
    accept: bool = False
    corrected: Path | None = None
    cache: Path | None = None

    def measured(self, step: Callable[[str], None]) -> tuple[Study, Survey]:
        """
        Read the study and its layers and work out the times.

        Raises
        ------
        KepuError
            What the user has to mend.
        """
        from .inputs import read_layers
        from .study import survey
        from .study_file import read_study

        step("读取数据 / reading")
        asked = read_study(self.study, corrected=self.corrected)
        layers = read_layers(asked)
        step("计算出行时间 / travel times")
        return asked, survey(asked, layers, accept_quarantine=self.accept, cache=self.cache)

    def passport(self, asked: Study, measured: Survey, found: Assessment) -> dict[str, Any]:
        """Return the facts of the passport, with the present time."""
        from .passport import passport

        created = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
        return passport(asked, measured, found, command=self.command, created=created)


def command_text(name: str, *parts: str) -> str:
    """Return the command as it can be typed; bytes of a path that are no UTF-8 become marks."""
    text = " ".join(["kepu", name, *(p if PLAIN.fullmatch(p) else f'"{p}"' for p in parts)])
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def new_job(
    name: str,
    study: Path,
    out: Path,
    typed: Sequence[str],
    *,
    as_json: bool,
    accept: bool = False,
    corrected: Path | None = None,
    no_cache: bool = False,
) -> Job:
    """
    Return the job of the command `name`.

    `typed` is what stands behind the name on the command line, but for the options that all
    commands share.
    """
    words = [*typed, *(["--accept-quarantine"] if accept else [])]
    words += ["--with-quarantine", str(corrected)] if corrected else []
    command = command_text(name, *words, "--out", str(out))
    cache = None if no_cache else cache_folder()
    return Job(study, out, command, as_json, accept, corrected, cache)


def cache_folder() -> Path:
    """Return where roads, hierarchies and replies are kept from run to run."""
    from platformdirs import user_cache_path

    return user_cache_path("kepu", appauthor=False)


def noticed(measured: Survey) -> list[Fault]:
    """Return what the reading of the tables noticed, row by row."""
    return [fault for ledger in measured.ledgers.values() for fault in ledger.faults]
