"""What geocoding services answered, kept so that nothing is asked twice."""

from __future__ import annotations

import datetime
import json
import math
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict
from pathlib import Path

from ..geo.errors import Fault
from .asking import GeocodeError
from .providers import Reply

CREATE = """
CREATE TABLE IF NOT EXISTS replies (
    provider TEXT NOT NULL, text TEXT NOT NULL, asked TEXT NOT NULL, replies TEXT NOT NULL,
    PRIMARY KEY (provider, text)
)
"""


class ReplyCache:
    """
    What services answered, in one SQLite file; keys of services are not in it.

    Parameters
    ----------
    path
        Made where it is not there; its folder too.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        problem = ""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with closing(sqlite3.connect(self.path, timeout=30)) as connection:
                connection.execute(CREATE)
                with connection:
                    yield connection
        except (sqlite3.Error, OSError) as error:
            problem = str(error)
        if problem:
            raise GeocodeError(
                Fault("E-GEOCODE-CACHE", file=self.path.name, facts={"problem": problem})
            )

    def find(self, provider: str, text: str) -> list[Reply] | None:
        """
        Return what a service answered to a text; none where it was not asked.

        Raises
        ------
        GeocodeError
            The file is damaged or cannot be opened.
        """
        with self._open() as connection:
            row = connection.execute(
                "SELECT replies FROM replies WHERE provider = ? AND text = ?", (provider, text)
            ).fetchone()
        if row is None:
            return None
        try:
            return [
                Reply(**{**reply, "score": math.nan if reply["score"] is None else reply["score"]})
                for reply in json.loads(row[0])
            ]
        except (KeyError, TypeError, ValueError):
            return None

    def keep(self, provider: str, text: str, replies: list[Reply]) -> None:
        """
        Write an answer down for good before returning.

        Raises
        ------
        GeocodeError
            The file is damaged or cannot be written.
        """
        plain = [asdict(reply) for reply in replies]
        for reply in plain:
            reply["score"] = None if math.isnan(reply["score"]) else reply["score"]
        body = json.dumps(plain, ensure_ascii=False)
        day = datetime.datetime.now(datetime.UTC).date().isoformat()
        with self._open() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO replies VALUES (?, ?, ?, ?)", (provider, text, day, body)
            )
