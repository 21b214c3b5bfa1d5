"""
The folder of results: the whole of a run or nothing of it, and never anybody else's file.

A run writes into a hidden folder beside the target, its passport last, and then swaps the two. A
folder without a `manifest.json` of ours is not a result. Files that somebody put beside our
results, or changed since, move over; a folder that is not ours is left alone.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from .geo.errors import Fault, OutputError

MANIFEST = "manifest.json"
CHUNK_BYTES = 1 << 20


def _beside(out: Path, what: str) -> Path:
    return out.with_name(f".{out.name}.{what}")


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


@contextmanager
def claimed(out: Path) -> Iterator[Path]:
    """
    Hold a results folder for one run, from before the work until after it.

    Parameters
    ----------
    out
        Missing, empty, or an earlier result.

    Yields
    ------
    Path
        The absolute path of the folder.

    Raises
    ------
    OutputError
        Another run holds it, it is not ours, or it cannot be written.
    """
    # A link is written through, for a folder put in its place would not be where it leads.
    out = out.resolve() if out.is_symlink() else out.absolute()
    place = os.path.normcase(out.resolve())  # however it is spelled
    name = hashlib.sha256(place.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    lock = FileLock(Path(tempfile.gettempdir()) / f"kepu-{name}.lock", timeout=0)
    try:
        with lock:
            _recover(out)
            _check_ours(out)
            yield out
    except Timeout as error:
        raise OutputError(Fault("E-OUT-LOCKED", file=str(out))) from error


def _recover(out: Path) -> None:
    """Mend what an interrupted run left: its half-written folder, or a swap that stopped midway."""
    try:
        old = _beside(out, "old")
        if old.exists() and out.exists():
            _retire(old, out)
        elif old.exists():
            old.replace(out)
        for rest in (_beside(out, "new"), _beside(out, "gone")):
            if rest.exists():
                shutil.rmtree(rest)
    except OSError as error:
        raise OutputError(
            Fault("E-OUT-WRITE", file=str(out), facts={"error": error.strerror or error})
        ) from error


def _check_ours(out: Path) -> None:
    if out.exists() and not out.is_dir():
        raise OutputError(Fault("E-OUT-FILE", file=str(out)))
    if out.is_dir() and any(out.iterdir()) and _digests(out) is None:
        raise OutputError(Fault("E-OUT-FOREIGN", file=str(out)))
    try:
        # A kill between the two leaves a folder that the next run finds and takes away.
        trial = next(parent for parent in out.parents if parent.exists()) / f".{out.name}.new"
        trial.mkdir(exist_ok=True)
        trial.rmdir()
        if out.is_dir() and not os.access(out, os.W_OK):
            raise PermissionError(13, "read-only")
    except OSError as error:
        raise OutputError(
            Fault("E-OUT-WRITE", file=str(out), facts={"error": error.strerror or error})
        ) from error


def publish(out: Path, write: Callable[[Path], None], passport: dict[str, Any]) -> dict[str, Any]:
    """
    Write all files of a run and put them in the place of the old ones; return the whole passport.

    Parameters
    ----------
    out
        A folder that is `claimed`.
    write
        Writes the files into the folder that it is given.
    passport
        What `manifest.json` says beside the digests of the files.

    Raises
    ------
    OutputError
        Disk full, no permission, or a file of the old result is open elsewhere. The old result is
        left as it was.
    """
    new = _beside(out, "new")
    try:
        new.mkdir(parents=True)
        write(new)
        files = sorted(path for path in new.rglob("*") if path.is_file())
        passport = {
            **passport,
            "files": [
                {
                    "name": path.relative_to(new).as_posix(),
                    "bytes": path.stat().st_size,
                    "sha256": file_digest(path),
                }
                for path in files
            ],
        }
        (new / MANIFEST).write_text(passport_text(passport), encoding="utf-8")
        for path in (*files, new / MANIFEST):
            _to_disk(path)
        _swap(new, out)
    except (OSError, UnicodeEncodeError) as error:
        said = getattr(error, "strerror", None) or error
        raise OutputError(Fault("E-OUT-WRITE", file=str(out), facts={"error": said})) from error
    finally:
        shutil.rmtree(new, ignore_errors=True)
    return passport


def passport_text(passport: Mapping[str, Any]) -> str:
    """Return a passport as it is written."""
    return json.dumps(passport, ensure_ascii=False, indent=1, default=str) + "\n"


def _to_disk(path: Path) -> None:
    with path.open("rb+") as stream:
        os.fsync(stream.fileno())


def _swap(new: Path, out: Path) -> None:
    old = _beside(out, "old")
    if not out.exists():
        new.replace(out)
        return
    out.replace(old)
    try:
        new.replace(out)
    except OSError:
        old.replace(out)
        raise
    _retire(old, out)


def _retire(old: Path, out: Path) -> None:
    """Save what is not ours and delete the rest; from the second name on nothing of it matters."""
    _carry_over(old, out)
    gone = _beside(out, "gone")
    old.replace(gone)
    shutil.rmtree(gone, ignore_errors=True)


def _digests(folder: Path) -> dict[str, str] | None:
    """Return the digests of the files that a folder's manifest names; None where none is ours."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text("utf-8"))
        return {str(entry["name"]): str(entry["sha256"]) for entry in manifest["files"]}
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _carry_over(old: Path, out: Path) -> None:
    """Move what a run did not write, or somebody changed since, over under a free name."""
    ours = _digests(old) or {}
    for path in sorted(old.rglob("*")):
        name = path.relative_to(old).as_posix()
        written = name == MANIFEST or (name in ours and path.is_symlink())
        if path.is_file() and not written and ours.get(name) != file_digest(path):
            target = _free(out / name)
            target.parent.mkdir(parents=True, exist_ok=True)
            path.replace(target)


def _free(path: Path) -> Path:
    """Return a name that nothing bears: the path's own, or the first with so many `-old`."""
    while path.exists():
        path = path.with_name(f"{path.stem}-old{path.suffix}")
    return path


def write_one(path: Path, data: bytes) -> None:
    """
    Write a file outside a results folder; another that stands there is kept as `NAME-old`.

    Raises
    ------
    OutputError
        It cannot be written.
    """
    try:
        if path.is_file() and path.read_bytes() != data:
            path.replace(_free(path))
        path.write_bytes(data)
    except OSError as error:
        raise OutputError(
            Fault("E-OUT-WRITE", file=str(path), facts={"error": error.strerror or error})
        ) from error
