"""The figures as files: by two processes where there is much to draw, the same bytes by one."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial
from multiprocessing import connection, get_context, parent_process
from pathlib import Path

from .maps.appendix import Plate
from .maps.figures.about import Paper, Picture
from .maps.figures.files import picture_of, png_file, raster, saved

ANNEX_DPI = 150
"""On the page they stand at three quarters of A4: 200 dots an inch."""
PROCESSES = 2
"""Each needs some 300 MB."""
MUCH = 40
"""Files; a process that draws is ready after two seconds, in which another draws five."""
Step = Callable[[str], None]
Work = Callable[[Picture], Plate]


def draw_all(
    folder: Path,
    drawn: Sequence[Picture],
    formats: Sequence[str],
    papers: Sequence[Paper],
    step: Step,
) -> list[Plate]:
    """
    Write every figure, and return them for the annex.

    Raises
    ------
    MissingGlyphError
        A character that no installed font draws.
    """
    folder.mkdir(parents=True, exist_ok=True)
    work = partial(_draw, folder, tuple(formats), tuple(papers))
    files = len(drawn) * len(formats) * len(papers)
    several = files >= MUCH and (os.cpu_count() or 1) > 1
    with _workers() if several else _alone() as run:
        plates = []
        for picture, plate in zip(drawn, run(work, drawn), strict=True):
            plates.append(plate)
            step(f"绘图 / figure {picture.about.number}：{picture.about.title}")
    return plates


def _draw(folder: Path, formats: Sequence[str], papers: Sequence[Paper], picture: Picture) -> Plate:
    stem = f"{picture.about.number:02d}-{picture.stem}"
    upright = picture.draw("portrait")
    image = raster(upright)
    for paper in papers:
        figure = upright if paper == "portrait" else picture.draw(paper)
        name = stem if paper == "portrait" else f"{stem}-{paper}"
        for ending in formats:
            known = ending == "png" and paper == "portrait"
            data = png_file(image) if known else saved(figure, ending)
            (folder / f"{name}.{ending}").write_bytes(data)
    return Plate(picture_of(image, ANNEX_DPI), picture.about.title, picture.remark)


@contextmanager
def _alone() -> Iterator[Callable[[Work, Iterable[Picture]], Iterable[Plate]]]:
    yield map


@contextmanager
def _workers() -> Iterator[Callable[[Work, Iterable[Picture]], Iterable[Plate]]]:
    # Forked processes would hold locks of threads that they do not have.
    pool = ProcessPoolExecutor(PROCESSES, mp_context=get_context("spawn"), initializer=_bound)
    try:
        yield pool.map
    finally:
        pool.shutdown(cancel_futures=True)


def _bound() -> None:
    """End with the process that asked: a killed run leaves nobody behind, Ctrl+C is its own."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = parent_process()
    if parent is not None:
        threading.Thread(target=_outlived, args=(parent.sentinel,), daemon=True).start()


def _outlived(sentinel: int) -> None:
    connection.wait([sentinel])
    os._exit(1)
