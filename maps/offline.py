"""
One HTML file that needs no network: folium's links become inline code.

The code comes from the installed wheel `xstatic-leaflet`; the repository holds none of it. A policy
in the page itself (hashes of its own scripts and styles, no connections) makes a later request or
an injected script impossible rather than unlikely.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence
from pathlib import Path

from branca.element import CssLink, Element, Figure, JavascriptLink
from jinja2 import Template
from xstatic.pkg import leaflet

ASSETS = {"leaflet": "leaflet.js", "leaflet_css": "leaflet.css"}
"""folium's name of a link -> file of the wheel."""

UNUSED = frozenset(
    {
        "jquery",
        "bootstrap",
        "bootstrap_css",
        "glyphicons_css",
        "awesome_markers",
        "awesome_markers_css",
        "awesome_markers_font_css",
        "awesome_rotate_css",
    }
)
"""Links that every folium map has and ours does not need."""

LICENCE = """\
Leaflet: BSD 2-Clause License

Copyright (c) 2010-2022, Volodymyr Agafonkin
Copyright (c) 2010-2011, CloudMade
All rights reserved.

Redistribution and use in source and binary forms, with or without
modification, are permitted provided that the following conditions are met:

1. Redistributions of source code must retain the above copyright notice, this
   list of conditions and the following disclaimer.

2. Redistributions in binary form must reproduce the above copyright notice,
   this list of conditions and the following disclaimer in the documentation
   and/or other materials provided with the distribution.

THIS SOFTWARE IS PROVIDED BY THE COPYRIGHT HOLDERS AND CONTRIBUTORS "AS IS"
AND ANY EXPRESS OR IMPLIED WARRANTIES, INCLUDING, BUT NOT LIMITED TO, THE
IMPLIED WARRANTIES OF MERCHANTABILITY AND FITNESS FOR A PARTICULAR PURPOSE ARE
DISCLAIMED. IN NO EVENT SHALL THE COPYRIGHT HOLDER OR CONTRIBUTORS BE LIABLE
FOR ANY DIRECT, INDIRECT, INCIDENTAL, SPECIAL, EXEMPLARY, OR CONSEQUENTIAL
DAMAGES (INCLUDING, BUT NOT LIMITED TO, PROCUREMENT OF SUBSTITUTE GOODS OR
SERVICES; LOSS OF USE, DATA, OR PROFITS; OR BUSINESS INTERRUPTION) HOWEVER
CAUSED AND ON ANY THEORY OF LIABILITY, WHETHER IN CONTRACT, STRICT LIABILITY,
OR TORT (INCLUDING NEGLIGENCE OR OTHERWISE) ARISING IN ANY WAY OUT OF THE USE
OF THIS SOFTWARE, EVEN IF ADVISED OF THE POSSIBILITY OF SUCH DAMAGE.
"""

POLICY = (
    "default-src 'none'; script-src {scripts}; style-src {styles}; img-src {images}; "
    "connect-src 'none'; base-uri 'none'; form-action 'none'"
)

_CSS_URL = re.compile(r"""url\(\s*["']?(?!data:)([^"')]+)["']?\s*\)""")
_OUTSIDE_LINK = re.compile(r"""\b(href|src)=(["'])https?://[^"']*\2""")
_SOURCE_MAP = re.compile(r"^//# sourceMappingURL=.*$", re.MULTILINE)


class UnknownAssetError(LookupError):
    """A link that no installed package can replace, so the page would need the network."""


class Raw(Element):
    """Text that stands in the page as it is; branca would read any other as a template."""

    _template = Template("{{ this.raw }}")

    def __init__(self, raw: str) -> None:
        super().__init__()
        self.raw = raw


def script(code: str) -> str:
    """Return a `<script>` with `code`, which cannot end it early and links to nothing outside."""
    code = _OUTSIDE_LINK.sub(r"\1=\2#\2", _SOURCE_MAP.sub("", code))
    code = re.sub(r"</(script)", r"<\\/\1", code, flags=re.IGNORECASE).replace("<!--", "<\\!--")
    return f"<script>{code.strip()}</script>"


def stylesheet(path: Path) -> str:
    """Return a `<style>` with the CSS of `path`, its pictures inside as data."""

    def picture(match: re.Match[str]) -> str:
        file = path.parent / match[1]
        if file.suffix != ".png":
            return "url(data:,)"
        return f"url(data:image/png;base64,{base64.b64encode(file.read_bytes()).decode()})"

    return f"<style>{_CSS_URL.sub(picture, path.read_text('utf-8'))}</style>"


def _hashes(html: str, tag: str) -> str:
    bodies = re.findall(rf"<{tag}>(.*?)</{tag}>", html, flags=re.DOTALL)
    digests = {base64.b64encode(hashlib.sha256(b.encode()).digest()).decode() for b in bodies}
    return " ".join(f"'sha256-{digest}'" for digest in sorted(digests)) or "'none'"


class OfflineFigure(Figure):
    """
    A figure whose page asks for nothing outside itself.

    Links are swapped after the children have rendered, because some of them add links only then.

    Parameters
    ----------
    title
        Of the page.
    head, body
        HTML behind folium's own head and before its own body, put in as it is.
    origins
        Servers of tiles whose pictures may enter; none makes the page ask for nothing at all.
    """

    _template = Template(
        "<!DOCTYPE html>\n"
        "<!--\n{{ this.licence }}-->\n"
        '<html lang="zh-CN">\n'
        "<head>\n"
        '<meta charset="utf-8">\n'
        "<title>{{ this.title | e }}</title>\n"
        "{{ this.header.render(**kwargs) }}\n"
        "{{ this.head }}\n"
        "</head>\n"
        "<body>\n"
        "{{ this.body }}\n"
        "{{ this.html.render(**kwargs) }}\n"
        "<script>{{ this.script.render(**kwargs) }}</script>\n"
        "</body>\n"
        "</html>\n"
    )
    licence = LICENCE

    def __init__(
        self, title: str, *, head: str = "", body: str = "", origins: Sequence[str] = ()
    ) -> None:
        super().__init__(title=title)
        self.head, self.body, self.origins = head, body, origins
        del self.header._children["meta_http"]

    def _swap_links(self) -> None:
        children = self.header._children
        for name, child in list(children.items()):
            if not isinstance(child, (JavascriptLink, CssLink)):
                continue
            if name in UNUSED:
                del children[name]
                continue
            if name not in ASSETS:
                raise UnknownAssetError(f"{name}: {child.url}")
            path = Path(leaflet.BASE_DIR) / ASSETS[name]
            is_script = isinstance(child, JavascriptLink)
            children[name] = Raw(script(path.read_text("utf-8")) if is_script else stylesheet(path))

    def render(self, **kwargs: object) -> str:
        """
        Return the whole page.

        Raises
        ------
        UnknownAssetError
            If a child brought a link that is neither replaced nor dropped.
        """
        for child in self._children.values():
            child.render(**kwargs)
        self._swap_links()
        html: str = self._template.render(this=self, kwargs=kwargs)
        # folium forbids zooming the page, which people with weak sight need
        html = re.sub(r",\s*maximum-scale=1\.0, user-scalable=no", "", html)
        policy = POLICY.format(
            scripts=_hashes(html, "script"),
            styles=_hashes(html, "style"),
            images=" ".join(["data:", *self.origins]),
        )
        meta = f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        return html.replace('<meta charset="utf-8">\n', f'<meta charset="utf-8">\n{meta}', 1)
