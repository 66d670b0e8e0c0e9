"""Configurations that do not follow from the one before them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from fabric_gateway._wire import messages as m
from fabric_gateway.verification import ChainVerifier, Finding, verify_chain
from forge import Ledger, policies

_ALL = ("AMSP", "BMSP", "CMSP", "DMSP")


def _found(ledger: Ledger) -> list[Finding]:
    return list(verify_chain(ledger.blocks, ChainVerifier(anchor=ledger.anchor)))


def _batch_timeout(group: Any) -> None:
    value = group.groups["Orderer"].values["BatchTimeout"]
    value.value = m.orderer_configuration.BatchTimeout(timeout="1s").SerializeToString()


def _policy_of_an_organization(group: Any) -> None:
    organization = group.groups["Application"].groups["BMSP"]
    policies.put(organization, "Endorsement", policies.any_role("BMSP", "client"))


def _no_more_organization(group: Any) -> None:
    del group.groups["Application"].groups["DMSP"]


def _configured(
    change: Callable[[Any], None], signers: tuple[str, ...], result: Callable[[Any], None] | None = None
) -> list[Finding]:
    ledger = Ledger()
    admins = [ledger.channel.admins[mspid] for mspid in signers]
    ledger.configure(ledger.channel.update(change, admins, result=result))
    return _found(ledger)


@pytest.mark.parametrize(
    ("change", "signers"),
    [
        (_batch_timeout, ("AMSP", "BMSP", "CMSP")),
        (_policy_of_an_organization, ("BMSP",)),
        (_no_more_organization, ("AMSP", "BMSP", "CMSP")),
    ],
)
def test_a_change_by_whom_its_policy_asks_for(
    change: Callable[[Any], None], signers: tuple[str, ...]
) -> None:
    """A majority for what is everybody's, an organisation for its own."""
    assert _configured(change, signers) == []


@pytest.mark.parametrize(
    ("change", "signers", "said"),
    [
        (
            _batch_timeout,
            ("AMSP", "BMSP"),
            "the value /Channel/Orderer/BatchTimeout was changed with signatures of AMSP, BMSP, which do not "
            "satisfy Admins",
        ),
        (_batch_timeout, (), "with signatures of nobody"),
        (
            _policy_of_an_organization,
            ("AMSP", "CMSP", "DMSP"),
            "the policy /Channel/Application/BMSP/Endorsement",
        ),
        (
            _no_more_organization,
            ("DMSP",),
            "the group /Channel/Application was changed with signatures of DMSP",
        ),
    ],
)
def test_a_change_without_the_signatures_that_it_needs(
    change: Callable[[Any], None], signers: tuple[str, ...], said: str
) -> None:
    """Named: the element, who signed, and the policy."""
    (found,) = _configured(change, signers)
    assert (found.block, found.rule, found.kind) == (1, "configuration.update", "error")
    assert said in found.sentence


def test_one_administrator_who_signs_often_counts_once() -> None:
    """Three signatures of one person are no majority."""
    (found,) = _configured(_batch_timeout, ("AMSP", "AMSP", "AMSP"))
    assert "with signatures of AMSP, which" in found.sentence


def test_a_client_is_not_an_administrator() -> None:
    """Whatever they sign."""
    ledger = Ledger()
    clients = [ledger.channel.member(mspid) for mspid in _ALL]
    ledger.configure(ledger.channel.update(_batch_timeout, clients))
    assert [item.rule for item in _found(ledger)] == ["configuration.update"]


def test_a_result_that_the_update_does_not_lead_to() -> None:
    """The administrators signed one thing, and the block states another."""
    (found,) = _configured(_batch_timeout, _ALL, result=_policy_of_an_organization)
    assert "the signed update leads to another configuration than the block states" in found.sentence


@pytest.mark.parametrize("sequence", [0, 2])
def test_a_sequence_that_is_not_the_next(sequence: int) -> None:
    """An update that was replayed, or one that is missing."""
    ledger = Ledger()
    ledger.channel.sequence = sequence - 1
    ledger.configure(ledger.channel.update(_batch_timeout, list(ledger.channel.admins.values())))
    (found,) = _found(ledger)
    assert f"its sequence is {sequence}, the one before it has 0" in found.sentence


def test_an_update_that_was_applied_already() -> None:
    """Its read set names versions that are no more in force."""
    ledger = Ledger()
    admins = list(ledger.channel.admins.values())
    before = m.configtx.ConfigGroup()
    before.CopyFrom(ledger.channel.group)
    ledger.configure(ledger.channel.update(_batch_timeout, admins))
    ledger.channel.group = before
    ledger.configure(ledger.channel.update(_batch_timeout, admins))
    (found,) = _found(ledger)
    assert found.block == 2
    assert "the value /Channel/Orderer/BatchTimeout goes from version 1 to version 1" in found.sentence


def test_a_configuration_among_other_transactions() -> None:
    """Stands alone in its block, or is not believed."""
    ledger = Ledger()
    update = ledger.channel.update(_batch_timeout, list(ledger.channel.admins.values()))
    ledger.add([update, update])
    assert "configuration.alone" in {item.rule for item in _found(ledger)}
