"""How a municipality pays, kept in a YAML file: its accounts, what shops read, their references."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from kindpakket.backoffice.payments.files import SCHEMA, SCHEMAS
from kindpakket.backoffice.payments.remittance import DEFAULT, RemittanceError, Template
from kindpakket.backoffice.payments.transfers import Debtor
from kindpakket.ledger.ids import is_id

_MEMBERS = ("debtor", "schemes", "remittance", "references", "schema", "batch_booking")
_DEBTOR = ("name", "iban", "bic")


class SettingsError(ValueError):
    """The settings of a payout cannot be used; the message has all mistakes, and no account."""


@dataclass(frozen=True, slots=True)
class PayoutSettings:
    """How payments are made.

    Attributes:
        debtor: the account that pays, if a scheme has none of its own; None: each has one.
        debtors: scheme -> the account that pays it.
        remittance: what shops read on their statement.
        references: shop -> its own reference, such as its number in the municipality's accounts.
        schema: the file's schema.
        batch_booking: ask the bank for one entry for all payments.
    """

    debtor: Debtor | None = None
    debtors: Mapping[str, Debtor] = field(default_factory=dict)
    remittance: str = DEFAULT
    references: Mapping[str, str] = field(default_factory=dict)
    schema: str = SCHEMA
    batch_booking: bool = False

    @classmethod
    def load(cls, path: Path) -> PayoutSettings:
        """Read settings from a YAML file.

        Raises:
            SettingsError: they cannot be used; all mistakes are listed.
            OSError: the file cannot be read.
        """
        try:
            content = yaml.safe_load(path.read_bytes())
        except (yaml.YAMLError, UnicodeDecodeError):
            # What the parser says may quote an account.
            raise SettingsError(f"{path} is not YAML: check indentation and quotation marks") from None
        return cls.parse({} if content is None else content, str(path))

    @classmethod
    def parse(cls, content: Any, source: str = "the settings") -> PayoutSettings:
        """Make settings of the content of such a file; `source` is its name in errors.

        Raises:
            SettingsError: they cannot be used; all mistakes are listed.
        """
        reading = _Reading(source)
        settings = reading.settings(content)
        if reading.mistakes:
            raise SettingsError("\n".join(f"{source}: {mistake}" for mistake in reading.mistakes))
        return settings

    def debtor_of(self, scheme: str) -> Debtor:
        """The account that pays a scheme.

        Raises:
            SettingsError: it has none.
        """
        debtor = self.debtors.get(scheme, self.debtor)
        if debtor is None:
            raise SettingsError(
                f"no account pays scheme {scheme}: give --name, --iban and --bic, or debtor in --settings"
            )
        return debtor


class _Reading:
    def __init__(self, source: str) -> None:
        self.source = source
        self.mistakes: list[str] = []

    def settings(self, content: Any) -> PayoutSettings:
        if not isinstance(content, dict):
            self.mistakes.append(f"there are no settings: write {', '.join(_MEMBERS)}, each with its value")
            return PayoutSettings()
        for name in content:
            if name not in _MEMBERS:
                self.mistakes.append(f"{name!r} is unknown: write {', '.join(_MEMBERS)}")
        debtor = self._debtor(content["debtor"], "debtor") if "debtor" in content else None
        schema = content.get("schema", SCHEMA)
        if schema not in SCHEMAS:
            self.mistakes.append(f"schema is {schema!r}: write {' or '.join(SCHEMAS)}")
        batch_booking = content.get("batch_booking", False)
        if not isinstance(batch_booking, bool):
            self.mistakes.append(f"batch_booking is {batch_booking!r}: write true or false")
        remittance = content.get("remittance", DEFAULT)
        try:
            Template(str(remittance))
        except RemittanceError as error:
            self.mistakes.append(f"remittance: {error}")
        return PayoutSettings(
            debtor=debtor,
            debtors=self._debtors(content.get("schemes", {})),
            remittance=str(remittance),
            references=self._references(content.get("references", {})),
            schema=str(schema),
            batch_booking=bool(batch_booking),
        )

    def _debtors(self, content: Any) -> dict[str, Debtor]:
        if not isinstance(content, dict):
            self.mistakes.append("schemes has no schemes: write a scheme's id, and below it debtor")
            return {}
        debtors: dict[str, Debtor] = {}
        for scheme, members in content.items():
            if not is_id(str(scheme)):
                self.mistakes.append(
                    f"schemes has {scheme!r}: write a scheme's id, 32 hexadecimal characters"
                )
            elif not isinstance(members, dict) or set(members) != {"debtor"}:
                self.mistakes.append(f"scheme {scheme} has no debtor, or more than that: write debtor alone")
            elif debtor := self._debtor(members["debtor"], f"the debtor of scheme {scheme}"):
                debtors[str(scheme)] = debtor
        return debtors

    def _debtor(self, content: Any, whose: str) -> Debtor | None:
        if not isinstance(content, dict) or sorted(content) != sorted(_DEBTOR):
            self.mistakes.append(f"{whose} must have {', '.join(_DEBTOR)}, and nothing else")
            return None
        if not all(isinstance(content[name], str) and content[name].strip() for name in _DEBTOR):
            self.mistakes.append(f"{whose} has a value that is not a text: put it in quotation marks")
            return None
        return Debtor(content["name"], content["iban"], content["bic"])

    def _references(self, content: Any) -> dict[str, str]:
        if not isinstance(content, dict):
            self.mistakes.append("references has no references: write a shop's id, a colon and its reference")
            return {}
        for shop, text in content.items():
            if not is_id(str(shop)):
                self.mistakes.append(f"references has {shop!r}: write a shop's id, 32 hexadecimal characters")
            if not isinstance(text, str) or not text.strip():
                self.mistakes.append(f"the reference of shop {shop} is not a text: put it in quotation marks")
        return {str(shop): str(text) for shop, text in content.items()}
