"""The mapping: accounts, journals, cost accounts and cost centres in a YAML file.

`data/mapping.yaml` is an example with all members and what they mean.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import Any

from kindpakket.backoffice import yaml_file
from kindpakket.backoffice.books.chart import (
    JOURNALS,
    NAMED,
    Account,
    Chart,
    Company,
    Journal,
    JournalName,
    Role,
    SchemeChart,
)
from kindpakket.backoffice.books.errors import BooksError
from kindpakket.backoffice.books.periods import is_period
from kindpakket.ledger.ids import is_id

_CODE = re.compile(r"[0-9A-Za-z][0-9A-Za-z._/-]{0,34}")
_CATEGORY = re.compile(r"[a-z][a-z0-9-]{0,31}")
_PERCENTAGE = re.compile(r"(100|[0-9]{1,2})(?:\.([0-9]{1,2}))?")
_NAME = 255
_NO_ID = "{!r} is not the id of a {}: 32 hexadecimal digits, in quotation marks"


def load_mapping(path: Path) -> Chart:
    """Read a mapping.

    Raises:
        BooksError: it cannot be used; all mistakes are listed with their lines.
        OSError: it cannot be read.
    """
    reader = _Reader(path)
    chart = reader.chart()
    if reader.mistakes:
        raise BooksError(yaml_file.listed(reader.by_line(), "in the mapping"))
    return chart


def example() -> str:
    """An example of a mapping, with all members and what they mean."""
    return resources.files(__package__).joinpath("data/mapping.yaml").read_text("utf-8")


class _Reader(yaml_file.YamlFile):
    error = BooksError
    source = "kindpakket books mapping --new"

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._codes: dict[str, tuple[str, str]] = {}

    def chart(self) -> Chart:
        optional = ("from", "schemes", "accruals", "shops", "company")
        self.check_names(("accounts", "journals", "costs"), optional)
        self._mappings((), ("accounts", "journals", "costs", "schemes", "accruals", "shops", "company"))
        self.check_names((), ("account", "cost_centre", "categories"), ("costs",))
        self.check_names((), ("unsettled", "expected_use"), ("accruals",))
        self.check_names((), ("apart", "creditors"), ("shops",))
        return Chart(
            accounts=self._accounts(),
            journals=self._journals(),
            account=self._account(("costs", "account"), "costs"),
            cost_centre=self._code(("costs", "cost_centre")),
            categories=self._categories(("costs", "categories")),
            schemes=self._schemes(),
            accrue_unsettled=self._flag(("accruals", "unsettled"), True),
            expected_use=self._percentage(("accruals", "expected_use")) or 0,
            shops_apart=self._flag(("shops", "apart"), False),
            creditors=self._creditors(),
            company=self._company(),
            starts=self._starts(),
        )

    def _value(self, keys: Sequence[str]) -> Any:
        return self.at(keys[:-1]).get(keys[-1])

    def _mappings(self, keys: Sequence[str], names: Sequence[str]) -> None:
        """Note members that should have members of their own, and have none."""
        for name in names:
            value = self.at(keys).get(name, {})
            if not isinstance(value, dict):
                self.mistake((*keys, name), f"{name} must have lines `name: value` below it")

    def _accounts(self) -> dict[Role, Account]:
        self.check_names(NAMED, (), ("accounts",))
        found = {role: self._account(("accounts", role), role) for role in NAMED}
        return {role: account for role, account in found.items() if account is not None}

    def _journals(self) -> dict[JournalName, Journal]:
        self.check_names(JOURNALS, (), ("journals",))
        found: dict[JournalName, Journal] = {}
        codes: dict[str, str] = {}
        for name in JOURNALS:
            account = self._coded(("journals", name))
            if account is None:
                continue
            other = codes.setdefault(account.code, name)
            if other != name:
                self.mistake(
                    ("journals", name), f"{account.code} is the code of {other}, too: each needs its own"
                )
            found[name] = Journal(account.code, account.name)
        return found

    def _schemes(self) -> dict[str, SchemeChart]:
        found: dict[str, SchemeChart] = {}
        for scheme in self.at(("schemes",)):
            keys = ("schemes", str(scheme))
            if not isinstance(scheme, str) or not is_id(scheme):
                self.mistake(keys, _NO_ID.format(scheme, "scheme"))
                continue
            self._mappings(("schemes",), (scheme,))
            self.check_names((), ("name", "account", "cost_centre", "categories", "expected_use"), keys)
            found[scheme] = SchemeChart(
                name=self._text((*keys, "name")),
                account=self._account((*keys, "account"), "costs"),
                cost_centre=self._code((*keys, "cost_centre")),
                categories=self._categories((*keys, "categories")),
                expected_use=self._percentage((*keys, "expected_use")),
            )
        return found

    def _categories(self, keys: Sequence[str]) -> dict[str, Account]:
        self._mappings(keys[:-1], keys[-1:])
        found: dict[str, Account] = {}
        for category in self.at(keys):
            if not isinstance(category, str) or not _CATEGORY.fullmatch(category):
                self.mistake((*keys, str(category)), f"{category!r} is not the code of a category")
                continue
            account = self._account((*keys, category), "costs")
            if account is not None:
                found[category] = account
        return found

    def _creditors(self) -> dict[str, str]:
        self._mappings(("shops",), ("creditors",))
        found: dict[str, str] = {}
        for shop in self.at(("shops", "creditors")):
            keys = ("shops", "creditors", str(shop))
            if not isinstance(shop, str) or not is_id(shop):
                self.mistake(keys, _NO_ID.format(shop, "shop"))
                continue
            found[shop] = self._code(keys)
        return found

    def _starts(self) -> str:
        value = self._value(("from",))
        if value is None and "from" not in self.content:
            return ""
        if not isinstance(value, str) or not is_period(value):
            self.mistake(
                ("from",), f'from is {value!r}: it must be a month in quotation marks, such as "2027-01"'
            )
            return ""
        return value

    def _company(self) -> Company | None:
        if "company" not in self.content:
            return None
        self.check_names(("name", "tax_number"), ("trade_register",), ("company",))
        name = self._text(("company", "name"))
        number, register = (self._code(("company", key)) for key in ("tax_number", "trade_register"))
        return Company(name, number, register)

    def _account(self, keys: Sequence[str], role: str) -> Account | None:
        """An account, whose code is not used for another role or with another name."""
        account = self._coded(keys, ("rgs",))
        if account is None:
            return None
        known, name = self._codes.setdefault(account.code, (role, account.name))
        if known != role:
            self.mistake(keys, f"account {account.code} is used for {known} and for {role}: use two")
        elif name != account.name:
            self.mistake(keys, f"account {account.code} is called {name!r} and {account.name!r}: use one")
        return account

    def _coded(self, keys: Sequence[str], optional: Sequence[str] = ()) -> Account | None:
        value = self._value(keys)
        if value is None:
            if keys[-1] in self.at(keys[:-1]):
                self.mistake(keys, f'{keys[-1]} is empty: write {{code: "17010", name: "..."}}')
            return None
        if not isinstance(value, dict):
            self.mistake(keys, f'{keys[-1]} is {value!r}: write {{code: "17010", name: "..."}}')
            return None
        self.check_names(("code", "name"), optional, keys)
        code, name = self._code((*keys, "code")), self._text((*keys, "name"))
        return Account(code, name, self._code((*keys, "rgs")) if "rgs" in optional else "")

    def _code(self, keys: Sequence[str]) -> str:
        value = self._value(keys)
        if value is None and keys[-1] not in self.at(keys[:-1]):
            return ""
        if not isinstance(value, str):
            self.mistake(keys, f"{'.'.join(keys)} is not a text: put it in quotation marks")
            return ""
        if not _CODE.fullmatch(value):
            self.mistake(
                keys,
                f"{'.'.join(keys)} is {value!r}: it must be at most 35 letters, digits and . _ / -",
            )
        return value

    def _text(self, keys: Sequence[str]) -> str:
        value = self._value(keys)
        if value is None and keys[-1] not in self.at(keys[:-1]):
            return ""
        if not isinstance(value, str) or not value.strip():
            self.mistake(keys, f"{'.'.join(keys)} is not a text: put it in quotation marks")
            return ""
        if len(value) > _NAME or not value.isprintable():
            self.mistake(keys, f"{'.'.join(keys)} is not one line of at most {_NAME} characters")
        return value

    def _flag(self, keys: Sequence[str], default: bool) -> bool:
        value = self.at(keys[:-1]).get(keys[-1], default)
        if not isinstance(value, bool):
            self.mistake(keys, f"{'.'.join(keys)} must be true or false")
            return default
        return value

    def _percentage(self, keys: Sequence[str]) -> int | None:
        """A percentage in hundredths; None if there is none."""
        value = self._value(keys)
        if value is None and keys[-1] not in self.at(keys[:-1]):
            return None
        given = _PERCENTAGE.fullmatch(str(value)) if type(value) in (str, int) else None
        hundredths = 0 if given is None else int(given[1]) * 100 + int((given[2] or "").ljust(2, "0"))
        if given is None or hundredths > 10_000:
            self.mistake(
                keys, f'{".".join(keys)} is {value!r}: it must be a percentage from 0 to 100, such as "85.5"'
            )
            return None
        return hundredths
