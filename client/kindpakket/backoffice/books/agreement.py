"""Whether the books agree with the ledger, scheme by scheme."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kindpakket.backoffice.books.books import Books
from kindpakket.backoffice.books.chart import Role
from kindpakket.backoffice.books.errors import BooksError
from kindpakket.backoffice.books.terms import PLACES, TERMS, SchemeTerms
from kindpakket.ledger.money import in_cents

_PAYABLE: tuple[Role, ...] = ("payables", "accrued_liabilities", "accrued_assets", "accrued_costs")


@dataclass(frozen=True, slots=True)
class Comparison:
    """An amount in the books and on the ledger, in cents.

    Attributes:
        scheme: id of the scheme; "" for all together.
        what: what is compared.
        books: the amount in the books.
        ledger: the amount on the ledger.
    """

    scheme: str
    what: str
    books: int
    ledger: int

    @property
    def agrees(self) -> bool:
        """Whether they are equal."""
        return self.books == self.ledger


@dataclass(frozen=True, slots=True)
class Agreement:
    """The result of a check.

    Attributes:
        comparisons: what was compared.
        problems: what is wrong, as sentences.
    """

    comparisons: tuple[Comparison, ...]
    problems: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems


def check_books(books: Books, totals: Sequence[Mapping[str, Any]] = ()) -> Agreement:
    """Compare the books with the ledger.

    Debits and credits of each entry and of all; of each scheme the commitments, costs, payables, receivables,
    payments and write-offs with the ledger's terms, which are added up from the movements apart from the
    entries; what was netted over all schemes; whether the movements are possible; closed periods with their
    hashes; and the ledger's terms with what its chaincode answers, if that is given.

    Args:
        books: the books.
        totals: answers to the query `audit:SchemeTotals`, at the height of the books.

    Raises:
        BooksError: `totals` has something else.
    """
    problems = [
        f"entry {entry.number} debits {in_cents(entry.debit)} and credits {in_cents(entry.credit)}"
        for entry in books.entries
        if entry.debit != entry.credit
    ]
    comparisons = [
        Comparison(
            "",
            "debits and credits",
            sum(entry.debit for entry in books.entries),
            sum(entry.credit for entry in books.entries),
        )
    ]
    balances = _balances(books)
    for scheme, terms in sorted(books.terms.items()):
        comparisons += _compare(scheme, balances, terms)
        if terms.broken:
            problems.append(f"the movements of scheme {scheme} cannot all have happened: {terms.broken}")
    netted = sum(cents for (_, role), cents in balances.items() if role == "netting")
    comparisons.append(Comparison("", "netted over all schemes", netted, 0))
    for members in totals:
        comparisons += _compare_totals(books, members)
    problems += [
        f"{compared.what}"
        + (f" of scheme {compared.scheme}" if compared.scheme else "")
        + f": the books have {in_cents(compared.books)}, the ledger {in_cents(compared.ledger)}"
        for compared in comparisons
        if not compared.agrees
    ]
    return Agreement(tuple(comparisons), (*problems, *books.changed()))


def _balances(books: Books) -> Counter[tuple[str, Role]]:
    """The balance of each role in each scheme; a credit is below zero."""
    balances: Counter[tuple[str, Role]] = Counter()
    for entry in books.entries:
        for line in entry.lines:
            balances[entry.scheme, line.role] += line.cents
    return balances


def _compare(scheme: str, balances: Counter[tuple[str, Role]], terms: SchemeTerms) -> list[Comparison]:
    def debit(*roles: Role) -> int:
        return sum(balances[scheme, role] for role in roles)

    compared = (
        ("commitments = available + held", -debit("commitments"), terms.committed),
        ("costs = spent - refunded - cancelled", debit("costs"), terms.net_spent),
        ("payables = unsettled + drafted + approved + exported", -debit(*_PAYABLE), terms.payable),
        ("receivables = claimed", debit("receivables"), terms.get("claimed")),
        ("bank = recovered - paid", debit("bank"), terms.get("recovered") - terms.get("paid")),
        ("write-offs = written off", debit("write_offs"), terms.get("written_off")),
        ("netted", -debit("netting"), terms.get("netted")),
    )
    return [Comparison(scheme, what, books, ledger) for what, books, ledger in compared]


def _compare_totals(books: Books, members: Mapping[str, Any]) -> list[Comparison]:
    try:
        scheme = str(members["scheme"])
        terms = books.terms.get(scheme, SchemeTerms(scheme))
        balance, shops = members["balance"], members["shops"]
        compared = [(term, terms.get(term), balance[f"{term}_cents"]) for term in TERMS]
        compared += [(place, terms.get(place), shops[f"{place}_cents"]) for place in (*PLACES, "paid")]
        # What shops owe is below zero in the answer.
        compared += [
            ("claimed", terms.get("claimed"), -shops["claimed_cents"]),
            ("recovered", terms.get("recovered"), -shops["collected_cents"]),
            ("written off", terms.get("written_off"), -shops["written_off_cents"]),
            ("netted", terms.get("netted"), shops["netted_cents"]),
        ]
        return [
            Comparison(scheme, f"{what}, by the chaincode", ours, int(its)) for what, ours, its in compared
        ]
    except (KeyError, TypeError, ValueError):
        raise BooksError(
            "the totals are not answers to audit:SchemeTotals: take them from kindpakket audit scheme-totals "
            "SCHEME --json"
        ) from None
