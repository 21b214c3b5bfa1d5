"""
The Word annex, laid out as official documents are (GB/T 9704-2012): numbered captions, 三线表.

Fonts are named for Chinese text too (`w:eastAsia`); where a heading bears a theme font the theme
would win, so it is removed. Tables are written as XML at once: python-docx takes a minute for a
table of some hundred rows cell by cell.
"""

from __future__ import annotations

import io
from xml.sax.saxutils import escape

from docx import Document
from docx.document import Document as Word
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Mm, Pt, RGBColor
from docx.styles.style import ParagraphStyle
from docx.text.paragraph import Paragraph

from .appendix import JUDGED, MADE, Annex, Listing, Plate, cell_text, packed

LATIN = "Times New Roman"
BODY, HEI, KAI, SONG, TITLE = "仿宋", "黑体", "楷体", "宋体", "方正小标宋简体"
MARGINS_MM = {"top_margin": 37, "bottom_margin": 35, "left_margin": 28, "right_margin": 26}
TEXT_MM = 156.0
PICTURE_MM = 141.0
TABLE_POINTS, SMALL_POINTS, LEDGER_POINTS = 9.0, 7.5, 8.5


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
        for part in chapter.parts:
            if isinstance(part, str):
                _paragraph(word, part)
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
    paragraph = word.add_paragraph(_clean(text))
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
    paragraph.add_run(f"　{_clean(title)}")
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
        word.add_paragraph(_clean(plate.remark), style="Remark")


def _listing(word: Word, listing: Listing, counts: dict[str, int], *, compact: bool) -> None:
    if listing.title:
        _caption(word, "表", listing.title, counts, above=True)
    if listing.unit:
        word.add_paragraph(f"单位：{listing.unit}", style="Unit")
    wide = 186.0 if compact else TEXT_MM
    points = LEDGER_POINTS if compact else SMALL_POINTS if listing.small else TABLE_POINTS
    table = parse_xml(_table(listing, wide, points))
    body = word.element.body
    body.insert(len(body) - 1, table)  # before the properties of the section
    for note in listing.notes:
        word.add_paragraph(f"注：{_clean(note)}", style="Remark")


def _clean(text: str) -> str:
    return "".join(c for c in text if c in "\t\n" or ord(c) >= 32)


def _table(listing: Listing, wide_mm: float, points: float) -> str:
    """Return a 三线表 as XML: thick above and below, thin under the header, none upright."""
    frame = listing.frame
    names = [str(name) for name in frame.columns]
    texts = [[cell_text(v, listing.kinds.get(n, "text")) for v in frame[n]] for n in names]
    widths = _widths(names, texts, listing.widths, wide_mm)
    grid = "".join(f'<w:gridCol w:w="{width}"/>' for width in widths)
    rows = [_row(names, ["center"] * len(names), widths, points, head=True)]
    sides = ["left" if listing.kinds.get(name, "text") == "text" else "right" for name in names]
    last = len(frame) - 1
    for at in range(len(frame)):
        cells = [column[at] for column in texts]
        rows.append(_row(cells, sides, widths, points, rule=listing.total and at == last))
    thick, none = 'w:val="single" w:sz="12" w:space="0" w:color="000000"', 'w:val="nil"'
    return (
        f'<w:tbl {nsdecls("w")}><w:tblPr><w:tblW w:w="{sum(widths)}" w:type="dxa"/>'
        f'<w:jc w:val="center"/><w:tblBorders><w:top {thick}/><w:left {none}/><w:bottom {thick}/>'
        f"<w:right {none}/><w:insideH {none}/><w:insideV {none}/></w:tblBorders>"
        '<w:tblLayout w:type="fixed"/><w:tblCellMar><w:left w:w="50" w:type="dxa"/>'
        '<w:right w:w="50" w:type="dxa"/></w:tblCellMar></w:tblPr>'
        f"<w:tblGrid>{grid}</w:tblGrid>{''.join(rows)}</w:tbl>"
    )


def _widths(
    names: list[str], texts: list[list[str]], asked: tuple[float, ...], wide_mm: float
) -> list[int]:
    """Return the widths of columns in twentieths of a point: as asked, or by what they hold."""
    parts = list(asked)
    if not parts:
        for name, column in zip(names, texts, strict=True):
            longest = max((_units(text) for text in column), default=0)
            parts.append(min(max(longest, _units(name) / 2.2, 3.2) + 0.8, 26))
    whole = wide_mm / 25.4 * 1440
    return [int(whole * part / sum(parts)) for part in parts]


def _units(text: str) -> float:
    return sum(1.0 if ord(c) > 0x2E80 else 0.55 for c in text)


def _shade(cell: str) -> str:
    """Return the ground of a verdict."""
    colour = JUDGED.get(cell)
    return f'<w:shd w:val="clear" w:color="auto" w:fill="{colour}"/>' if colour else ""


def _row(
    cells: list[str], sides: list[str], widths: list[int], points: float, *, head: bool = False,
    rule: bool = False,
) -> str:  # fmt: skip
    size = f'<w:sz w:val="{round(points * 2)}"/><w:szCs w:val="{round(points * 2)}"/>'
    font = HEI if head else SONG
    fonts = f'<w:rFonts w:ascii="{LATIN}" w:hAnsi="{LATIN}" w:eastAsia="{font}" w:cs="{LATIN}"/>'
    line = 'w:val="single" w:sz="6" w:space="0" w:color="000000"'
    border = f"<w:bottom {line}/>" if head else f"<w:top {line}/>" if rule else ""
    marks = f"<w:tcBorders>{border}</w:tcBorders>" if border else ""
    spacing = (
        f'<w:spacing w:before="16" w:after="16" w:line="{round(points * 24)}" w:lineRule="exact"/>'
    )
    row = "".join(
        f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/>{marks}{_shade(cell)}'
        f'<w:vAlign w:val="center"/></w:tcPr>'
        f'<w:p><w:pPr>{spacing}<w:jc w:val="{side}"/></w:pPr><w:r><w:rPr>{fonts}{size}</w:rPr>'
        f'<w:t xml:space="preserve">{escape(_clean(cell))}</w:t></w:r></w:p></w:tc>'
        for cell, side, width in zip(cells, sides, widths, strict=True)
    )
    heading = "<w:tblHeader/>" if head else ""
    return f"<w:tr><w:trPr><w:cantSplit/>{heading}</w:trPr>{row}</w:tr>"
