"""YAML files of the letters' templates."""

from __future__ import annotations

from collections.abc import Sequence

from kindpakket.backoffice import yaml_file


class TemplateError(ValueError):
    """Templates, settings or texts cannot be used; the message lists what is wrong, with file and line."""


class YamlFile(yaml_file.YamlFile):
    """The content of a file of the templates; what is wrong with it is a `TemplateError`."""

    error = TemplateError
    source = "kindpakket letters template"


def refuse(mistakes: Sequence[str]) -> None:
    """Raise an error that lists mistakes, if there are any.

    Raises:
        TemplateError: there are.
    """
    if mistakes:
        raise TemplateError(yaml_file.listed(mistakes, "in the templates"))
