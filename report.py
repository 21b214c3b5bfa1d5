"""The appendix of a plan: figures, Word annex, workbook, ledger, from one assessment."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .assessment import Assessment
from .geo.errors import Fault, OutputError
from .maps.appendix_word import annex_file
from .maps.figures.about import Paper
from .maps.fonts import MissingGlyphError
from .report_annex import annex
from .report_drawing import Step, draw_all
from .report_figures import pictures
from .report_keys import Part
from .report_ledger import write_ledger

ANNEX = "附录.docx"
FIGURES = "figures"


def write_appendix(
    folder: Path,
    found: Assessment,
    facts: dict[str, Any],
    *,
    formats: Sequence[str] = ("png",),
    papers: Sequence[Paper] = ("portrait",),
    parts: Sequence[Part] = (),
    step: Step = lambda _: None,
) -> None:
    """
    Write figures, annex, workbook, ledger and the list of resources.

    Parameters
    ----------
    folder
        Exists.
    found, facts
        The answers, and the passport that goes with them.
    formats, papers
        Of the figures; the annex takes the upright PNG.
    parts
        What could be; the numbers of its figures go on.
    step
        Told what is at work.

    Raises
    ------
    OutputError
        A character that no installed font draws.
    """
    drawn = list(pictures(found))
    ends = [len(drawn)]
    for part in parts:
        drawn += [make(at) for at, make in enumerate(part.makers, len(drawn) + 1)]
        ends.append(len(drawn))
    try:
        plates = draw_all(folder / FIGURES, drawn, formats, papers, step)
    except MissingGlyphError as error:
        facts_of = {"characters": " ".join(error.characters[:20])}
        raise OutputError(Fault("E-FONT-GLYPH", facts=facts_of)) from error
    step("写出附表 / workbook")
    write_ledger(folder, found, facts, drawn, parts)
    step("写出附录 / annex")
    planned = [(p, plates[low:high]) for p, low, high in zip(parts, ends, ends[1:], strict=False)]
    whole = annex(found, facts, plates[: ends[0]], planned)
    (folder / ANNEX).write_bytes(annex_file(whole))
