"""The templates of Fabric's configuration files."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jinja2 import Template


def render(template: str, /, **values: Any) -> str:
    """Fill in a template from `data/templates`.

    Raises:
        jinja2.UndefinedError: the template uses a value that was not passed.
    """
    return _read(template).render(values)


@cache
def _read(template: str) -> Template:
    from jinja2 import Environment, StrictUndefined

    folder = resources.files("kindpakket_network") / "data" / "templates"
    text = (folder / f"{template}.j2").read_text("utf-8")
    environment = Environment(  # noqa: S701 - the templates make YAML
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True
    )
    return environment.from_string(text)
