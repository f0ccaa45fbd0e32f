"""A join code and the collector's address as a QR code: for the terminal, for a page, for paper.

It holds what follows ``sansang enrol``: the code and the address, with a space between them.
"""

import io
from typing import Literal

import segno


def content(code: str, url: str) -> str:
    """What the QR code says."""
    return f"{code} {url}"


def terminal(text: str) -> str:
    """In half blocks, light on dark."""
    out = io.StringIO()
    segno.make(text, micro=False).terminal(out, compact=True, border=2)
    return out.getvalue()


def inline(text: str) -> str:
    """An SVG element; how large it is, a style sheet says."""
    return str(segno.make(text, micro=False).svg_inline(omitsize=True, svgclass="qr", lineclass=None))


def drawn(text: str, kind: Literal["svg", "png"]) -> bytes:
    """A whole file."""
    out = io.BytesIO()
    segno.make(text, micro=False).save(out, kind=kind, scale=8)
    return out.getvalue()
