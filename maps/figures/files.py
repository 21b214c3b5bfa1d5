"""A sheet as a file: the same bytes every time."""

from __future__ import annotations

import io
from typing import Any

import matplotlib
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from .sheet import CAPTION_MM, DOTS_AN_INCH, MARGIN_MM
from .text import INCH_MM, SETTINGS


def raster(figure: Figure, dots_an_inch: int = DOTS_AN_INCH) -> Image.Image:
    """Return a figure in dots, without the transparency that it has no use for."""
    canvas: Any = FigureCanvasAgg(figure)
    with matplotlib.rc_context(SETTINGS):
        before, figure.dpi = figure.dpi, dots_an_inch
        try:
            canvas.draw()
        finally:
            figure.dpi = before
    return Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")


def png_file(image: Image.Image, dots_an_inch: int = DOTS_AN_INCH) -> bytes:
    """Return a picture as PNG."""
    stream, told = io.BytesIO(), PngInfo()
    told.add_text("Software", "kepu")
    image.save(stream, format="png", dpi=(dots_an_inch, dots_an_inch), pnginfo=told)
    return stream.getvalue()


def picture_of(image: Image.Image, dots_an_inch: int) -> bytes:
    """Return a sheet without its margins and its caption, coarser, for a page that has its own."""
    dots = DOTS_AN_INCH / INCH_MM
    edge, foot = round((MARGIN_MM - 2) * dots), round((MARGIN_MM + CAPTION_MM - 1) * dots)
    part = image.crop((edge, edge, image.width - edge, image.height - foot))
    share = dots_an_inch / DOTS_AN_INCH
    size = (round(part.width * share), round(part.height * share))
    return png_file(part.resize(size, Image.Resampling.LANCZOS), dots_an_inch)


def saved(figure: Figure, ending: str, dots_an_inch: int = DOTS_AN_INCH) -> bytes:
    """Return a figure as a file; the same bytes every time."""
    if ending == "png":
        return png_file(raster(figure, dots_an_inch), dots_an_inch)
    stamps: dict[str, dict[str, Any]] = {
        "svg": {"Date": None, "Creator": "kepu"},
        "pdf": {"CreationDate": None, "Creator": "kepu", "Producer": "kepu"},
    }
    stream = io.BytesIO()
    with matplotlib.rc_context(SETTINGS):
        figure.savefig(stream, format=ending, metadata=stamps[ending], dpi=dots_an_inch)
    return stream.getvalue()
