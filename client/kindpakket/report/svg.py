"""Plots as SVG text that can stand inside a page: the same figure always gives the same text.

Needs matplotlib, from the extra `kindpakket[report]`.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager

from kindpakket.extras import extra

with extra("report"):
    import matplotlib as mpl
    from matplotlib.figure import Figure

_IDS = re.compile(r'(\bid="|url\(#|xlink:href="#)')


@contextmanager
def reproducible() -> Iterator[None]:
    """Draw in this context: ids come from the content, and nothing from the machine's settings."""
    with mpl.rc_context(
        {
            "svg.hashsalt": "kindpakket",
            "svg.fonttype": "none",
            "font.family": "sans-serif",
            "timezone": "UTC",
            "axes.formatter.use_locale": False,
        }
    ):
        yield


def inline_svg(figure: Figure, name: str = "") -> str:
    """A figure as SVG, without a date.

    Args:
        figure: the figure, made in `reproducible`.
        name: what its ids begin with, so that several figures can be on one page.
    """
    svg = io.StringIO()
    figure.savefig(svg, format="svg", metadata={"Date": None})
    text = svg.getvalue()
    text = text[text.index("<svg") :]
    return _IDS.sub(rf"\g<1>{name}-", text) if name else text
