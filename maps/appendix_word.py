"""
The Word annex, laid out as official documents are (GB/T 9704-2012): numbered captions, 三线表.

Fonts are named for Chinese text too (`w:eastAsia`); where a heading bears a theme font the theme
would win, so it is removed. Tables are written as XML at once: python-docx takes a minute for a
table of some hundred rows cell by cell.
"""

from __future__ import annotations

import io

from docx import Document
from docx.document import Document as Word
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor
from docx.styles.style import ParagraphStyle
from docx.text.paragraph import Paragraph

from .appendix import MADE, NUMERALS, Annex, Heading, Listing, Plate, packed
from .appendix_table import HEI, LATIN, SONG, plain, table_xml

BODY, KAI, TITLE = "仿宋", "楷体", "方正小标宋简体"
MARGINS_MM = {"top_margin": 37, "bottom_margin": 35, "left_margin": 28, "right_margin": 26}
TEXT_MM = 156.0
PICTURE_MM = 141.0
TABLE_POINTS, SMALL_POINTS, LEDGER_POINTS = 9.0, 7.5, 9.0


def annex_file(annex: Annex, *, compact: bool = False) -> bytes:
    """
    Return an annex as a Word file; the same bytes every time.

    Parameters
    ----------
    annex
        What it says.
    compact
        One page that a leader reads: narrow margins, small print.
    """
    word = Document()
    for language in word.styles.element.iter(qn("w:lang")):
        language.set(qn("w:eastAsia"), "zh-CN")  # else stops and strokes are drawn as in Taiwan
    _page(word, compact=compact)
    _styles(word, compact=compact)
    head = word.add_paragraph(annex.title, style="Title")
    head.paragraph_format.space_after = Pt(2 if compact else 14)
    for line in annex.lines:
        word.add_paragraph(line, style="Facts")
    counts = {"图": 0, "表": 0}
    for chapter in annex.chapters:
        if chapter.heading:
            heading = word.add_paragraph(chapter.heading, style="Heading 1")
            heading.paragraph_format.page_break_before = chapter.own_page or None
        inner = iter(NUMERALS)
        for part in chapter.parts:
            if isinstance(part, str):
                _paragraph(word, part)
            elif isinstance(part, Heading):
                word.add_paragraph(f"（{next(inner)}）{plain(part.text)}", style="Heading 2")
            elif isinstance(part, Plate):
                _plate(word, part, counts)
            else:
                _listing(word, part, counts, compact=compact)
    properties = word.core_properties
    properties.author, properties.title, properties.comments = "kepu", annex.title, ""
    properties.created = properties.modified = MADE
    properties.last_modified_by, properties.revision = "kepu", 1
    stream = io.BytesIO()
    word.save(stream)
    return packed(stream.getvalue())


def _page(word: Word, *, compact: bool) -> None:
    section = word.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    for name, size in MARGINS_MM.items():
        setattr(section, name, Mm(12 if compact else size))
    section.footer_distance = Mm(6 if compact else 25)
    foot = section.footer.paragraphs[0]
    foot.alignment = WD_ALIGN_PARAGRAPH.CENTER
    if not compact:
        foot.add_run("— ")
        _field(foot, "PAGE", "1")
        foot.add_run(" —")


def _styles(word: Word, *, compact: bool) -> None:
    small = compact
    _style(word, "Normal", BODY, 10 if small else 16, exactly=13 if small else 28)
    _style(word, "Title", TITLE, 16 if small else 22, centre=True, exactly=24 if small else 34)
    _style(word, "Heading 1", HEI, 11 if small else 16, exactly=16 if small else 30, before=10)
    _style(word, "Heading 2", KAI, 16, exactly=28)
    _style(word, "Caption", HEI, 9 if small else 11, centre=True, exactly=13 if small else 18)
    for name, font, points, centre in (
        ("Facts", KAI, 9 if small else 12, True), ("Remark", SONG, 8 if small else 9, False),
        ("Unit", SONG, 8 if small else 9, False),
    ):  # fmt: skip
        if name not in [style.name for style in word.styles]:
            word.styles.add_style(name, 1)
        _style(word, name, font, points, centre=centre, exactly=points * 1.5)
    word.styles["Unit"].paragraph_format.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    word.styles["Unit"].paragraph_format.keep_with_next = True


def _style(
    word: Word, name: str, font: str, points: float, *, centre: bool = False,
    exactly: float = 0, before: float = 0,
) -> None:  # fmt: skip
    """Set the fonts of a style for Latin and Chinese text, its size and spacing."""
    style = word.styles[name]
    if not isinstance(style, ParagraphStyle):
        raise TypeError(name)
    style.font.name, style.font.size = LATIN, Pt(points)
    style.font.bold = style.font.italic = False
    style.font.color.rgb = RGBColor(0, 0, 0)
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
        if fonts.get(qn(f"w:{theme}")) is not None:
            del fonts.attrib[qn(f"w:{theme}")]
    fonts.set(qn("w:eastAsia"), font)
    fonts.set(qn("w:hAnsi"), LATIN)
    layout = style.paragraph_format
    layout.space_before, layout.space_after = Pt(before), Pt(0)
    layout.line_spacing_rule, layout.line_spacing = WD_LINE_SPACING.EXACTLY, Pt(exactly)
    layout.alignment = WD_ALIGN_PARAGRAPH.CENTER if centre else WD_ALIGN_PARAGRAPH.JUSTIFY
    if name == "Title":
        for border in style.element.findall(f".//{qn('w:pBdr')}"):
            border.getparent().remove(border)


def _paragraph(word: Word, text: str) -> None:
    paragraph = word.add_paragraph(plain(text))
    size = word.styles["Normal"].font.size
    if size is not None:
        paragraph.paragraph_format.first_line_indent = Pt(2 * size.pt)


def _field(paragraph: Paragraph, code: str, shown: str) -> None:
    """Add a field that Word renews, with what it shows until then."""
    for kind in ("begin", "separate", "end"):
        run = paragraph.add_run()
        mark = OxmlElement("w:fldChar")
        mark.set(qn("w:fldCharType"), kind)
        if kind == "separate":
            asked = OxmlElement("w:instrText")
            asked.set(qn("xml:space"), "preserve")
            asked.text = f" {code} "
            run._r.append(asked)
            paragraph.add_run()._r.append(mark)
            paragraph.add_run(shown)
        else:
            run._r.append(mark)


def _caption(word: Word, label: str, title: str, counts: dict[str, int], *, above: bool) -> None:
    counts[label] += 1
    paragraph = word.add_paragraph(style="Caption")
    paragraph.add_run(f"{label} ")
    _field(paragraph, f"SEQ {label} \\* ARABIC", str(counts[label]))
    paragraph.add_run(f"　{plain(title)}")
    paragraph.paragraph_format.keep_with_next = above
    paragraph.paragraph_format.space_before = Pt(8 if above else 2)
    paragraph.paragraph_format.space_after = Pt(2 if above else 8)


def _plate(word: Word, plate: Plate, counts: dict[str, int]) -> None:
    paragraph = word.add_paragraph()
    layout = paragraph.paragraph_format
    layout.line_spacing_rule = WD_LINE_SPACING.SINGLE
    layout.alignment, layout.keep_with_next = WD_ALIGN_PARAGRAPH.CENTER, True
    paragraph.add_run().add_picture(io.BytesIO(plate.png), width=Mm(PICTURE_MM))
    _caption(word, "图", plate.title, counts, above=False)
    if plate.remark:
        word.add_paragraph(plain(plate.remark), style="Remark")


def _listing(word: Word, listing: Listing, counts: dict[str, int], *, compact: bool) -> None:
    if listing.title:
        _caption(word, "表", listing.title, counts, above=True)
    if listing.unit:
        word.add_paragraph(f"单位：{listing.unit}", style="Unit")
    wide = 186.0 if compact else TEXT_MM
    points = LEDGER_POINTS if compact else SMALL_POINTS if listing.small else TABLE_POINTS
    table = parse_xml(table_xml(listing, wide, points))
    body = word.element.body
    body.insert(len(body) - 1, table)  # before the properties of the section
    for note in listing.notes:
        word.add_paragraph(f"注：{plain(note)}", style="Remark")
