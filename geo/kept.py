"""
Files of the cache: arrays by name, believed only when no byte has changed.

First the SHA-256 of the body, then the body, a `.npz`.
"""

from __future__ import annotations

import hashlib
import io
import os
import zipfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

DIGEST_BYTES = 32


class DamagedError(Exception):
    """A file of the cache is not what was written."""


def write_arrays(path: Path, arrays: Mapping[str, Any]) -> None:
    """Write arrays by name; a reader sees all of them or nothing."""
    body = io.BytesIO()
    np.savez(body, **arrays)
    content = body.getvalue()
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        partial.write_bytes(hashlib.sha256(content).digest() + content)
        partial.replace(path)
    finally:
        with suppress(OSError):  # a full disk must not fill up with what did not fit
            partial.unlink(missing_ok=True)


def read_arrays(path: Path) -> dict[str, Any] | None:
    """
    Return what was written; None where there is nothing.

    Raises
    ------
    DamagedError
        A byte is wrong.
    """
    try:
        raw = path.read_bytes()
    except OSError:
        return None
    content = raw[DIGEST_BYTES:]
    if hashlib.sha256(content).digest() != raw[:DIGEST_BYTES]:
        raise DamagedError
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            return dict(arrays)
    except (KeyError, ValueError, zipfile.BadZipFile) as error:
        raise DamagedError from error
