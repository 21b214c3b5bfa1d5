"""
Where kernels are turned into machine code, and where that code is kept.

Compilation takes seconds, once per machine. The code lies in a folder of its own for every version
of the kernels, because numba looks only at the file of a kernel and would not notice that a kernel
it calls from another file has changed.
"""

from __future__ import annotations

import hashlib
import os
import platform
import sys
import tempfile
from collections.abc import Callable
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy.typing as npt
from platformdirs import user_cache_path

Kernel = Callable[..., Any]
Array = npt.NDArray[Any]
"""A contiguous array inside a kernel; the docstring of the kernel tells its type."""
Int = Any
"""A whole number of 64 bits inside a kernel."""

PARTS = ("chains", "bucket", "heap", "contraction", "lanes", "sweep", "nearest", "squares")
KERNELS = tuple(f"{name}.py" for name in ("compiled", *PARTS))


@cache
def kernel_folder() -> Path | None:
    """
    Return where the machine code of these kernels is kept; None where nothing can be written.

    `NUMBA_CACHE_DIR` if it is set, else beside the sources, else in the user's cache.
    """
    digest = hashlib.sha256()
    for name in KERNELS:
        digest.update((Path(__file__).parent / name).read_bytes())
    machine = f"{version('numba')} {sys.implementation.cache_tag} {platform.machine()}"
    digest.update(f"{machine} {platform.node()} {os.environ.get('NUMBA_CPU_NAME')}".encode())
    name = f"kernels-{digest.hexdigest()[:16]}"
    said = os.environ.get("NUMBA_CACHE_DIR")
    homes = [Path(said)] if said else [Path(__file__).parent / "__pycache__"]
    for home in (*homes, user_cache_path("kepu")):
        try:
            (home / name).mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=home / name):
                return home / name
        except OSError:
            continue
    return None


def is_compiled(part: str) -> bool:
    """Tell whether a part of the kernels has been compiled here, without loading numba."""
    folder = kernel_folder()
    return folder is not None and (folder / f"{part}.ready").is_file()


def note_compiled(part: str) -> None:
    """Leave word that all kernels of a part are compiled."""
    folder = kernel_folder()
    if folder is not None and not is_compiled(part):
        (folder / f"{part}.ready").touch()


def kernel(function: Kernel) -> Kernel:
    """
    Compile a function on its first call, or load its machine code.

    It gives up the interpreter's lock, so that threads run side by side, does not check bounds, and
    keeps integers as they are. Its callers pass one type per argument: each other would be another
    compilation.
    """
    # A third of a second that a run without kernels need not wait.
    import numba
    from numba.core import config as settings

    config: Any = settings
    folder = kernel_folder()
    before, config.CACHE_DIR = config.CACHE_DIR, str(folder or "")
    try:
        compiled: Kernel = numba.njit(
            cache=folder is not None, nogil=True, boundscheck=False, error_model="numpy"
        )(function)
    finally:
        config.CACHE_DIR = before
    return compiled


def instruction(function: Kernel) -> Kernel:
    """
    Make a function that writes machine instructions callable from kernels.

    Only at module level: numba keeps no code for what was made inside another function.
    """
    from numba.extending import intrinsic

    written: Kernel = intrinsic(function)
    return written
