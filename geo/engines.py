"""
Travel times by the engine that will be ready first; every engine gives the same integers.

`scipy` needs nothing and is the second opinion. `bucket` (Dial's queue) needs compiled kernels.
`hierarchy` needs them too, and seconds of preparation for a city, after which a search costs next
to nothing. numba, which both load, takes a third of a second: it is imported where it is needed.
`docs/method.md` explains them; `benchmarks/routing.py` measures them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Literal

import numpy as np
from scipy.sparse import csr_matrix

from . import roadside
from .compiled import is_compiled, note_compiled
from .network import Ints, Network, quickest_arcs
from .profile import Profile
from .routing import UNREACHED, Ticks, door_to_door, same_edge
from .snap import Doors, Snaps, along_edge

if TYPE_CHECKING:
    from .prepared import Prepared

Named = Literal["scipy", "bucket", "hierarchy"]
Engine = Literal["auto", "scipy", "bucket", "hierarchy"]

NEVER = 2**62
FARTHEST = 2**30 - 1
"""The longest horizon of the kernels, ticks; what may be farther is left to scipy."""
LOAD_SECONDS = 0.5
COMPILE_SECONDS = {"bucket": 3.0, "hierarchy": 9.0}
"""Until compiled kernels are loaded, and until they are compiled, once per machine."""
SCIPY_SECONDS = 2e-7
"""Of one search for one node."""
BUCKET_SECONDS, SWEEP_SECONDS = 8e-8, 1e-9
"""Of one search for one crossing."""
CHAINS_SECONDS, BUILD_SECONDS = 1e-6, 2.2e-5
"""Of contracting chains, for one node, and of building the hierarchy, for one crossing."""
KEPT = 4
_prepared: dict[str, Prepared] = {}


def choose(
    nodes: int, searches: int, *, compiled: Sequence[str] = (), built: bool = False,
    crossings: int | None = None,
) -> Named:  # fmt: skip
    """
    Return the engine that is likely to be done first.

    Parameters
    ----------
    nodes, searches
        Size of the network, and how often it is searched.
    compiled
        The engines whose kernels are compiled.
    built
        Whether the hierarchy of the network is at hand; that of a changed network is not.
    crossings
        How many nodes are left without those inside chains; None: all.
    """
    crossings = nodes if crossings is None else crossings
    labels = crossings * searches
    ready = LOAD_SECONDS + (0.0 if built else nodes * CHAINS_SECONDS)
    waits = {name: 0.0 if name in compiled else s for name, s in COMPILE_SECONDS.items()}
    seconds: dict[Named, float] = {
        "scipy": nodes * searches * SCIPY_SECONDS,
        "bucket": ready + waits["bucket"] + labels * BUCKET_SECONDS,
        "hierarchy": ready + waits["hierarchy"] + labels * SWEEP_SECONDS
        + (0.0 if built else crossings * BUILD_SECONDS),
    }  # fmt: skip
    return min(seconds, key=lambda name: seconds[name])


def times_between(
    network: Network,
    profile: Profile,
    arcs: csr_matrix,
    leaving: Doors,
    arriving: Doors,
    *,
    horizon: int,
    engine: Engine = "auto",
    folder: Path | None = None,
    threads: int | None = None,
    width: int = 32,
) -> Ticks:
    """
    Return the travel times from p places to v venues, shape (p, v), as `door_to_door` does.

    Parameters
    ----------
    network, profile, arcs, leaving, arriving, horizon
        As in `routing.door_to_door`.
    engine
        `auto` takes the one that will be done first.
    folder
        Where hierarchies are kept from one process to the next; None keeps none.
    threads
        How many processors; None takes all.
    width
        Searches in one sweep of the hierarchy, 16 or 32.
    """
    name = _engine(engine, network, arcs, leaving, arriving, horizon, folder)
    if name == "scipy":
        return door_to_door(network, profile, arcs, leaving, arriving, horizon=horizon)
    from .sweep import cores

    times = _ready(network, arcs, folder).table(
        leaving, arriving, horizon=min(horizon, FARTHEST), kernels=name,
        threads=threads or cores(), width=width,
    )  # fmt: skip
    place, venue, direct = _on_one_edge(network, profile, leaving, arriving, horizon)
    np.minimum.at(times, (place, venue), direct.astype(np.uint32))
    return times


def nearest_venue(
    network: Network,
    profile: Profile,
    arcs: csr_matrix,
    leaving: Doors,
    arriving: Doors,
    groups: Sequence[Ints],
    *,
    horizon: int,
    engine: Engine = "auto",
    folder: Path | None = None,
) -> tuple[Ticks, Ints]:
    """
    Return the nearest venue of each of g groups from p places; the hierarchy does 32 in one sweep.

    Of equally near venues that of the lowest number.

    Parameters
    ----------
    groups
        Numbers of venues, rows of `arriving`.

    Returns
    -------
    uint32, shape (p, g)
        Ticks; `UNREACHED` where none is within the horizon.
    int64, shape (p, g)
        Number of the venue; -1 for none.
    """
    name = _engine(engine, network, arcs, leaving, arriving, horizon, folder)
    if name == "scipy":
        times = door_to_door(network, profile, arcs, leaving, arriving, horizon=horizon)
        return _nearest_of(times, groups)
    from .nearest import decode, lower

    label = _ready(network, arcs, folder).nearest(
        leaving, arriving, groups, horizon=min(horizon, FARTHEST), kernels=name
    )
    lower(label, groups, *_on_one_edge(network, profile, leaving, arriving, horizon))
    return decode(label)


def _nearest_of(times: Ticks, groups: Sequence[Ints]) -> tuple[Ticks, Ints]:
    ticks = np.full((len(times), len(groups)), UNREACHED, np.uint32)
    venue = np.full(ticks.shape, -1, np.int64)
    for k, group in enumerate(groups):
        if not len(group):
            continue
        numbers = np.sort(group)
        at = times[:, numbers].argmin(axis=1)
        ticks[:, k] = times[np.arange(len(times)), numbers[at]]
        venue[:, k] = np.where(ticks[:, k] == UNREACHED, -1, numbers[at])
    return ticks, venue


def warm() -> dict[str, float]:
    """Compile all kernels, or load them; return the seconds that each engine took."""
    from .prepared import Kernels, Prepared
    from .sweep import LONGEST_16

    node = np.arange(6)
    arcs = quickest_arcs(node, np.roll(node, -1), node + 1, 6)
    roads = Prepared.of(arcs, node, node)
    nowhere = Snaps(node, np.zeros(6), np.zeros(6), np.zeros(6, bool))
    both = np.ones((6, 2), bool)
    doors = Doors(nowhere, np.column_stack([node, node]), both.astype(np.int64), both, np.zeros(6))
    took: dict[str, float] = {}
    kernels: tuple[Kernels, ...] = ("bucket", "hierarchy")
    for name in kernels:
        before = perf_counter()
        for horizon in (LONGEST_16, LONGEST_16 + 1):
            roads.table(doors, doors, horizon=horizon, kernels=name, threads=1)
        roads.nearest(doors, doors, [node], horizon=LONGEST_16, kernels=name)
        note_compiled(name)
        took[name] = perf_counter() - before
    before = perf_counter()
    roadside.warm()
    return {**took, "grid": perf_counter() - before}


def _engine(
    engine: Engine, network: Network, arcs: csr_matrix, leaving: Doors, arriving: Doors,
    horizon: int, folder: Path | None,
) -> Named:  # fmt: skip
    """Settle on an engine that can reckon with the horizon."""
    farthest = float(arcs.data.sum()) + float(leaving.ticks.max(initial=0))
    if min(horizon, farthest + float(arriving.ticks.max(initial=0))) > FARTHEST:
        return "scipy"
    if engine != "auto":
        return engine
    compiled = [name for name in COMPILE_SECONDS if is_compiled(name)]
    key = content(network, arcs)
    built = key in _prepared and "hierarchy" in vars(_prepared[key])
    kept = folder is not None and _file(folder, key).is_file()
    searches = min(len(leaving.ticks), len(arriving.ticks))
    return choose(
        network.nodes, searches, compiled=compiled, built=built or kept, crossings=_crossings(arcs)
    )


def _crossings(arcs: csr_matrix) -> int:
    """Return about how many nodes lie outside chains: those but with two arcs in and two out."""
    out = np.diff(arcs.indptr)
    into = np.bincount(arcs.indices, minlength=arcs.shape[0])
    return int(((out != 2) | (into != 2)).sum())


def content(network: Network, arcs: csr_matrix) -> str:
    """Return a digest of the roads of a mode and of what builds hierarchies."""
    digest = hashlib.sha256()
    for array in (arcs.indptr, arcs.indices, arcs.data, network.lon, network.lat):
        digest.update(np.ascontiguousarray(array).data)
    for name in ("bucket.py", "chains.py", "contraction.py", "heap.py", "hierarchy.py"):
        digest.update((Path(__file__).parent / name).read_bytes())
    return digest.hexdigest()


def _file(folder: Path, key: str) -> Path:
    return folder / f"{key}.hierarchy"


def _ready(network: Network, arcs: csr_matrix, folder: Path | None) -> Prepared:
    """Return the prepared roads; those of the last few networks are remembered."""
    from .prepared import Prepared

    key = content(network, arcs)
    if key not in _prepared:
        while len(_prepared) >= KEPT:
            del _prepared[next(iter(_prepared))]
        stored = _file(folder, key) if folder else None
        _prepared[key] = Prepared.of(arcs, network.lon, network.lat, stored)
    return _prepared[key]


def _on_one_edge(
    network: Network, profile: Profile, leaving: Doors, arriving: Doors, horizon: int
) -> tuple[Ints, Ints, Ints]:
    """Return the pairs on a common edge that are within the horizon along it, and their ticks."""
    place, venue = same_edge(leaving, arriving)
    ticks = along_edge(network, profile, leaving, arriving, place, venue)
    near = (ticks >= 0) & (ticks <= horizon)
    return place[near], venue[near], ticks[near]
