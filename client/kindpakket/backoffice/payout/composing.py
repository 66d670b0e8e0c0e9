"""Making the payment file of approved settlements, with the accounts as they are now."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from kindpakket.backoffice.payments.files import LAYOUT, payment_file_of
from kindpakket.backoffice.payments.remittance import Remittance, RemittanceError, Template
from kindpakket.backoffice.payments.transfers import CreditTransfer, Debtor, PaymentFile, PaymentFileError
from kindpakket.backoffice.payout.settings import PayoutSettings
from kindpakket.ledger.accounts import account_digest
from kindpakket.ledger.records import Settlement, ShopAccount
from kindpakket.municipality import Municipality


@dataclass(frozen=True, slots=True)
class Form:
    """How a file is written.

    Attributes:
        settings: who pays, and what shops read.
        created_at: the instant that the file names, with a time zone.
        execution_date: the day on which the bank is to pay.
        layout: 1 recomputes a file of version 0.4.
    """

    settings: PayoutSettings
    created_at: datetime
    execution_date: date
    layout: int = LAYOUT


@dataclass(frozen=True, slots=True)
class Composition:
    """A payment file, and what it was made of.

    Attributes:
        file: the file.
        settlements: those that it pays.
        accounts: settlement -> the hash of the private record of the account that it is paid on.
    """

    file: PaymentFile
    settlements: tuple[Settlement, ...]
    accounts: Mapping[str, str] = field(repr=False)


def compose(municipality: Municipality, settlements: Sequence[Settlement], form: Form) -> Composition:
    """Put settlements of any schemes into one file.

    Args:
        municipality: as its treasurer, who may read accounts.
        settlements: what is to be paid.
        form: how the file is written.

    Raises:
        PaymentFileError: the file cannot be made, or the private record of a shop's account is not the one
            that two persons agreed on.
        SettingsError: no account pays a scheme.
    """
    accounts = {shop: municipality.shops.account(shop) for shop in {each["shop"] for each in settlements}}
    digests = {shop: account_digest(account) for shop, account in accounts.items()}
    if form.layout == LAYOUT:
        _check_accounts(municipality, digests)
    texts = _texts(municipality, settlements, form)
    groups: dict[Debtor, list[CreditTransfer]] = defaultdict(list)
    for settlement, text in zip(settlements, texts, strict=True):
        debtor = form.settings.debtor_of(settlement["scheme"])
        groups[debtor].append(_transfer(settlement, accounts[settlement["shop"]], text))
    if not groups and form.settings.debtor is not None:
        groups[form.settings.debtor] = []
    file = payment_file_of(
        groups,
        created_at=form.created_at,
        execution_date=form.execution_date,
        schema=form.settings.schema,
        batch_booking=form.settings.batch_booking,
        layout=form.layout,
    )
    return Composition(file, tuple(settlements), {each["id"]: digests[each["shop"]] for each in settlements})


def _check_accounts(municipality: Municipality, digests: Mapping[str, str]) -> None:
    agreed = {shop["id"]: shop.get("account_sha256") for shop in municipality.shops.list()}
    wrong = [
        f"shop {shop}: the account in the private collection is not the one that two persons agreed on: pay "
        "nothing to this shop, and find out who changed it"
        for shop, digest in sorted(digests.items())
        if agreed.get(shop) not in (None, digest)
    ]
    if wrong:
        raise PaymentFileError(*wrong)


def _transfer(settlement: Settlement, account: ShopAccount, text: str) -> CreditTransfer:
    return CreditTransfer(
        settlement=settlement["id"],
        name=account["holder"],
        iban=account["iban"],
        cents=settlement["cents"],
        text=text,
    )


def _texts(municipality: Municipality, settlements: Sequence[Settlement], form: Form) -> list[str]:
    """What each shop reads; all that cannot be written is told at once."""
    schemes = {settlement["scheme"] for settlement in settlements}
    names = {scheme: municipality.schemes.show(scheme)["rules"]["name"] for scheme in schemes}
    if form.layout == 1:
        return [f"{names[settlement['scheme']]} t/m {settlement['through']}" for settlement in settlements]
    template = Template(form.settings.remittance)
    texts: list[str] = []
    wrong: list[str] = []
    for settlement in settlements:
        remittance = Remittance(
            scheme=names[settlement["scheme"]],
            settlement=settlement["id"],
            first=settlement["first"]["day"] if "first" in settlement else "",
            through=settlement["through"],
            reference=form.settings.references.get(settlement["shop"], ""),
        )
        try:
            texts.append(template.fill(remittance))
        except RemittanceError as error:
            wrong += error.mistakes
    if wrong:
        raise RemittanceError(*wrong)
    return texts
