"""Reads the files that an auditor writes: tolerances, and judgements of the sample. All mistakes at once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from kindpakket.auditor.legality.settings import Sampling, Settings, Signals
from kindpakket.backoffice.yaml_file import YamlFile, listed

_REQUIRED = ("decision", "errors_percent", "uncertainties_percent")
_OPTIONAL = ("settlement_days", "signals", "sampling")
_COMMITMENT = re.compile("[0-9a-f]{64}")
_HOURS, _MANY = 24, 1_000_000


class SettingsError(ValueError):
    """A file of an auditor has mistakes; the message lists them all."""


class _File(YamlFile):
    error = SettingsError
    source = "docs/audit-report.md"


def read_settings(path: Path) -> Settings:
    """Read the tolerances of a report.

    Raises:
        SettingsError: the file is missing or has mistakes.
    """
    file = _File(path)
    file.check_names(_REQUIRED, _OPTIONAL)
    read = _Reader(file)
    decision = file.text("decision")
    settings = Settings(
        decision=decision,
        errors_percent=read.percent(("errors_percent",), Decimal(0), 100),
        uncertainties_percent=read.percent(("uncertainties_percent",), Decimal(0), 100),
        settlement_days=read.whole(("settlement_days",), 30, 36_500),
        signals=_signals(file, read),
        sampling=_sampling(file, read),
    )
    if file.mistakes:
        raise SettingsError(listed(file.by_line(), f"in {path}"))
    return settings


def read_judgements_file(path: Path) -> Mapping[Any, Any]:
    """Read judgements of a sample, by payment.

    Raises:
        SettingsError: the file is missing, or is not YAML with names and values.
    """
    file = _File(path)
    if file.mistakes:
        raise SettingsError(listed(file.by_line(), f"in {path}"))
    return file.content


def _signals(file: YamlFile, read: _Reader) -> Signals:
    known = Signals()
    file.check_names((), tuple(Signals.__dataclass_fields__), ("signals",))
    given: dict[str, Any] = {}
    for name in Signals.__dataclass_fields__:
        default, keys = getattr(known, name), ("signals", name)
        if isinstance(default, Decimal):
            given[name] = read.percent(keys, default, 100)
        else:
            given[name] = read.whole(keys, default, _HOURS if name.startswith("night") else _MANY)
    if not given["round_cents"]:
        file.mistake(("signals", "round_cents"), "signals.round_cents must be above 0")
    return Signals(**given)


def _sampling(file: YamlFile, read: _Reader) -> Sampling:
    known = Sampling()
    file.check_names((), tuple(Sampling.__dataclass_fields__), ("sampling",))
    members = file.at(("sampling",))
    commitment = str(members.get("number_commitment", ""))
    if commitment and not _COMMITMENT.fullmatch(commitment):
        sentence = "sampling.number_commitment must be a SHA-256 of 64 lower-case hexadecimal characters"
        file.mistake(("sampling", "number_commitment"), sentence)
    confidence = read.percent(("sampling", "confidence_percent"), known.confidence_percent, 100)
    if not 0 < confidence < 100:
        file.mistake(
            ("sampling", "confidence_percent"), "sampling.confidence_percent must be above 0 and below 100"
        )
    materiality = None
    if "materiality_percent" in members:
        materiality = read.percent(("sampling", "materiality_percent"), Decimal(0), 100)
    return Sampling(
        confidence_percent=confidence,
        materiality_percent=materiality,
        expected_percent=read.percent(("sampling", "expected_percent"), known.expected_percent, 100),
        number_commitment=commitment,
    )


class _Reader:
    """Reads numbers, and notes those that are not."""

    def __init__(self, file: YamlFile) -> None:
        self._file = file

    def percent(self, keys: tuple[str, ...], default: Decimal, most: int) -> Decimal:
        value = self._file.at(keys[:-1]).get(keys[-1], default)
        try:
            percent = Decimal(str(value)) if not isinstance(value, bool) else Decimal("nan")
        except InvalidOperation:
            percent = Decimal("nan")
        if not (percent.is_finite() and 0 <= percent <= most):
            self._file.mistake(
                keys, f"{'.'.join(keys)} is {value!r}: it must be a percentage from 0 to {most}"
            )
            return default
        return percent

    def whole(self, keys: tuple[str, ...], default: int, most: int) -> int:
        value = self._file.at(keys[:-1]).get(keys[-1], default)
        if type(value) is not int or not 0 <= value <= most:
            self._file.mistake(
                keys, f"{'.'.join(keys)} is {value!r}: it must be a whole number from 0 to {most}"
            )
            return default
        return value
