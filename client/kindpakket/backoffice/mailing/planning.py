"""Which vouchers get a letter, and which of them share one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from kindpakket.backoffice.letters import Templates
from kindpakket.backoffice.mailing.errors import MailingError
from kindpakket.backoffice.mailing.on_ledger import OnLedger, on_ledger
from kindpakket.backoffice.mailing.order import MailingOrder
from kindpakket.backoffice.register import Register
from kindpakket.holder.orders import FIRST_VERSION
from kindpakket.ledger.records import Rules
from kindpakket.municipality import Municipality

_PROOF = {"booklet": "booklet", "phone": "key"}
_SHOWN = 5


@dataclass(slots=True)
class Plan:
    """What a run prints.

    Attributes:
        letters: of each letter the vouchers, with the version of the authorisation that it gives them.
        states: its vouchers on the ledger.
        left_out: how many vouchers without a letter get none, by the reason.
    """

    letters: list[list[tuple[str, int]]] = field(default_factory=list)
    states: dict[str, OnLedger] = field(default_factory=dict)
    left_out: Counter[str] = field(default_factory=Counter)


def plan_first(
    municipality: Municipality,
    register: Register,
    scheme: str,
    order: MailingOrder,
    *,
    batch: str | None,
    official: str,
) -> Plan:
    """The letters for vouchers that have been issued and have none.

    Args:
        municipality: reads the ledger.
        register: the register.
        scheme: id of the scheme.
        order: what is to be printed.
        batch: only vouchers that this batch enrolled.
        official: the person id of whoever prints: who issued a voucher does not bind it.

    Raises:
        MailingError: whoever prints has issued some of them, or an address is needed and not known.
    """
    without = register.letters.without(scheme, batch)
    states = on_ledger(municipality, scheme, [voucher for voucher, _ in without])
    plan = Plan()
    wanted: list[tuple[str, str | None]] = []
    for voucher, household in without:
        state = states.get(voucher)
        if state is None:
            plan.left_out["not issued yet"] += 1
        elif state.version:
            plan.left_out["bound already, without a letter of the register"] += 1
        elif not state.waits_for_letter:
            plan.left_out[state.state] += 1
        else:
            wanted.append((voucher, household))
    mine = sum(1 for voucher, _ in wanted if official and states[voucher].issued_by == official)
    if mine and order.kind == "booklet":
        raise MailingError(
            f"you issued {_vouchers(mine)} of these yourself: somebody else has to print the letters, "
            "because who issues a voucher may not bind it"
        )
    _check_addresses(register, order, wanted)
    plan.letters = _by_household(wanted, dict.fromkeys((voucher for voucher, _ in wanted), FIRST_VERSION))
    plan.states = {voucher: states[voucher] for voucher, _ in wanted}
    return plan


def plan_again(
    municipality: Municipality, register: Register, scheme: str, order: MailingOrder, vouchers: Sequence[str]
) -> Plan:
    """The letters for vouchers whose booklets are lost.

    Raises:
        MailingError: a voucher cannot get another booklet, or a household's address is needed and not known.
    """
    asked = list(dict.fromkeys(vouchers))
    households = register.letters.households_of(scheme, asked)
    states = on_ledger(municipality, scheme, asked)
    mistakes = []
    for voucher in asked:
        state = states.get(voucher)
        if voucher not in households:
            mistakes.append(f"voucher {voucher} is not in the register for this scheme, or has been erased")
        elif state is None or state.waits_for_letter:
            mistakes.append(f"voucher {voucher} is not bound to anything yet: use kindpakket letters print")
        elif not state.is_replaceable:
            mistakes.append(f"voucher {voucher} is {state.state}: it cannot get another booklet")
        elif state.proposed[0]:
            mistakes.append(
                f"voucher {voucher} has a replacement that waits for another person ({state.proposed[0]}): "
                "approve or reject it first"
            )
    if mistakes:
        raise MailingError("\n".join(mistakes))
    wanted = [(voucher, households[voucher]) for voucher in asked]
    _check_addresses(register, order, wanted)
    versions = {voucher: states[voucher].version + 1 for voucher in asked}
    return Plan(_by_household(wanted, versions), states)


def check_proofs(rules: Rules, order: MailingOrder) -> None:
    """Refuse what the scheme's rules do not take.

    Raises:
        MailingError: its vouchers cannot be bound to what is to be printed.
    """
    if _PROOF[order.kind] not in rules["proofs"]:
        raise MailingError(
            f"the scheme takes {' and '.join(rules['proofs'])}, so that letters of the kind {order.kind} are "
            "of no use: choose another --kind"
        )


def check_texts(templates: Templates, order: MailingOrder, name: str) -> str:
    """The name of the scheme's texts in the settings, which has those of the run's own language.

    Args:
        templates: the municipality's.
        order: what is to be printed.
        name: the scheme's name on the ledger.

    Raises:
        MailingError: there are none.
        TemplateError: there is no file for the language.
    """
    chosen = order.texts or name
    templates.language(order.language)
    texts = templates.settings.schemes.get(chosen)
    where = templates.folder / "settings.yaml"
    if texts is None:
        known = ", ".join(sorted(templates.settings.schemes)) or "none"
        raise MailingError(
            f"{where} has no texts for the scheme {chosen!r} (it has: {known}): add them below schemes, or "
            "name others with --texts"
        )
    if order.language not in texts:
        raise MailingError(f"{where} has no texts in {order.language} for {chosen!r}: add them below schemes")
    return chosen


def _check_addresses(
    register: Register, order: MailingOrder, wanted: Iterable[tuple[str, str | None]]
) -> None:
    if order.address != "required":
        return
    pairs = list(wanted)
    known = register.households.with_address({household for _, household in pairs if household})
    missing = [voucher for voucher, household in pairs if household not in known]
    if missing:
        listed = ", ".join(missing[:_SHOWN]) + (" and others" if len(missing) > _SHOWN else "")
        raise MailingError(
            f"the register has no address for the households of {_vouchers(len(missing))} ({listed}): keep "
            "them with kindpakket letters addresses, or give --address if-known or none"
        )


def _by_household(
    wanted: Iterable[tuple[str, str | None]], versions: Mapping[str, int]
) -> list[list[tuple[str, int]]]:
    """One letter for each household; a voucher without one has a letter of its own."""
    letters: dict[str, list[tuple[str, int]]] = {}
    for voucher, household in wanted:
        letters.setdefault(household or voucher, []).append((voucher, versions[voucher]))
    return list(letters.values())


def _vouchers(count: int) -> str:
    return "1 voucher" if count == 1 else f"{count} vouchers"
