"""A change of a channel as the file that goes round: what it says, who signed it, and who has to."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from channels import Authority, batch_change, channel, joining, meta, put, signed_by

from kindpakket_network import NetworkError
from kindpakket_network.channel.approval import Signatory, lacking, satisfies
from kindpakket_network.channel.configuration import Configuration
from kindpakket_network.channel.proposal import Proposal
from kindpakket_network.channel.update import applied, read_update

MSPS = ("GemeenteMSP", "WinkelsMSP", "AuditorMSP", "RegieMSP")
ADMINS = "/Channel/Orderer/Admins"


@pytest.fixture(scope="module")
def authorities() -> dict[str, Authority]:
    return {msp: Authority(msp) for msp in MSPS}


@pytest.fixture
def present(authorities: dict[str, Authority]) -> Configuration:
    return channel(*authorities.values())


def proposal(present: Configuration, messages: int = 77) -> Proposal:
    return Proposal.of(batch_change(present, messages))


def after(present: Configuration, change: bytes) -> Configuration:
    """The channel when it has a change."""
    group = applied(present.group, read_update(change))
    return replace(present, group=group, sequence=present.sequence + 1, update=change)


def admins(*msps: str) -> list[Signatory]:
    return [Signatory(msp, "admin") for msp in msps]


def test_a_change_says_what_becomes_of_what_and_who_decides(present: Configuration) -> None:
    found = proposal(present).review(present)
    assert [str(one) for one in found.differences] == [
        "/Channel/Orderer/BatchSize/max_message_count: 500 -> 77"
    ]
    assert [(one.policy, one.words, one.satisfied) for one in found.demands] == [
        (ADMINS, "MAJORITY Admins", False)
    ]
    assert ("AuditorMSP", "GemeenteMSP", "RegieMSP") in found.lacking
    assert not found.complete


def test_it_can_be_submitted_when_a_majority_has_signed(
    present: Configuration, authorities: dict[str, Authority]
) -> None:
    signed = proposal(present)
    for number, msp in enumerate(MSPS[:3], start=1):
        with pytest.raises(NetworkError, match="still needs signatures"):
            signed.review(present).ensure_complete()
        signed = signed.signed(authorities[msp].identity())
        assert len(signed.signatures) == number
    assert signed.review(present).complete
    signed.review(present).ensure_complete()


def test_a_lacking_signature_is_named(present: Configuration, authorities: dict[str, Authority]) -> None:
    signed = proposal(present)
    for msp in MSPS[:2]:
        signed = signed.signed(authorities[msp].identity())
    with pytest.raises(NetworkError, match="administrators of AuditorMSP or RegieMSP"):
        signed.review(present).ensure_complete()


def test_signing_twice_is_signing_once(present: Configuration, authorities: dict[str, Authority]) -> None:
    admin = authorities["GemeenteMSP"].identity()
    assert len(proposal(present).signed(admin).signed(admin).signatures) == 1


def test_a_client_signs_in_vain(present: Configuration, authorities: dict[str, Authority]) -> None:
    signed = proposal(present)
    for msp in MSPS:
        signed = signed.signed(authorities[msp].identity("clerk", "client"))
    found = signed.review(present)
    assert [one.role for one in found.signatures] == ["client"] * 4
    assert not found.complete


def test_the_file_keeps_change_and_signatures(
    present: Configuration, authorities: dict[str, Authority], tmp_path: Path
) -> None:
    signed = proposal(present).signed(authorities["GemeenteMSP"].identity())
    signed.save(tmp_path / "change.pb")
    assert Proposal.load(tmp_path / "change.pb") == signed


@pytest.mark.parametrize("content", [b"", b"no protobuf at all", b"\x0a\x02\x08\x01"])
def test_another_file_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "other").write_bytes(content)
    with pytest.raises(NetworkError, match="is not a proposed change"):
        Proposal.load(tmp_path / "other")


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NetworkError, match="cannot be read"):
        Proposal.load(tmp_path / "nothing")


def test_a_change_of_another_channel_is_refused(
    present: Configuration, authorities: dict[str, Authority]
) -> None:
    with pytest.raises(NetworkError, match="this proposal is for zuidhorn, not elsewhere"):
        proposal(present).review(channel(*authorities.values(), name="elsewhere"))


def test_an_expired_signature_does_not_count(
    present: Configuration, authorities: dict[str, Authority]
) -> None:
    signed = proposal(present).signed(authorities["GemeenteMSP"].identity(days=-1))
    with pytest.raises(NetworkError, match=r"invalid signature: admin of GemeenteMSP .* valid only from"):
        signed.review(present).ensure_current()


def test_a_foreign_signature_does_not_count(present: Configuration) -> None:
    signed = proposal(present).signed(Authority("VreemdMSP").identity())
    with pytest.raises(NetworkError, match="of VreemdMSP does not belong to an organisation of this channel"):
        signed.review(present).ensure_current()


def test_a_certificate_of_another_authority_does_not_count(present: Configuration) -> None:
    signed = proposal(present).signed(Authority("GemeenteMSP").identity())
    with pytest.raises(NetworkError, match="not issued by the organisation's authority"):
        signed.review(present).ensure_current()


def test_a_revoked_signature_does_not_count(authorities: dict[str, Authority]) -> None:
    gemeente = Authority("GemeenteMSP")
    admin = gemeente.identity()
    gemeente.revoked.append(admin.certificate)
    present = channel(gemeente, authorities["WinkelsMSP"])
    with pytest.raises(NetworkError, match="revoked"):
        proposal(present).signed(admin).review(present).ensure_current()


def test_a_signature_under_something_else_does_not_count(
    present: Configuration, authorities: dict[str, Authority]
) -> None:
    other = proposal(present, 88).signed(authorities["GemeenteMSP"].identity())
    moved = replace(proposal(present), signatures=other.signatures)
    with pytest.raises(NetworkError, match="signed something other than this change"):
        moved.review(present).ensure_current()


def test_a_change_that_another_one_overtook_is_outdated(present: Configuration) -> None:
    late = proposal(present)
    changed = after(present, batch_change(present, 88))
    found = late.review(changed)
    assert found.outdated == ("/Channel/Orderer/BatchSize",)
    with pytest.raises(NetworkError, match="has changed since this was proposed"):
        found.ensure_current()


def test_a_change_that_the_channel_has_is_done(present: Configuration) -> None:
    found = proposal(present).review(after(present, batch_change(present, 77)))
    assert found.done
    assert not found.complete


def test_it_is_still_done_when_something_else_changed_afterwards(present: Configuration) -> None:
    changed = after(present, batch_change(present, 77))
    later = after(changed, joining(changed, Authority("BuurtMSP")))
    assert proposal(present).review(later).done


def test_a_policy_does_not_hide_behind_a_value_of_the_same_name(present: Configuration) -> None:
    update = read_update(batch_change(present, 77))
    put(update.write_set.groups["Orderer"], "BatchSize", signed_by(1, [("RegieMSP", "admin")]))
    update.write_set.groups["Orderer"].version += 1
    found = Proposal.of(update.SerializeToString()).review(present)
    assert {one.path.removeprefix("/Channel/Orderer/") for one in found.differences} >= {
        "BatchSize/max_message_count",
        "BatchSize (policy)",
    }


def test_who_joins_is_shown_with_its_authority(present: Configuration) -> None:
    change = joining(present, Authority("BuurtMSP"))
    found = Proposal.of(change).review(present)
    words = {one.path: one.after for one in found.differences}
    assert words["/Channel/Application/BuurtMSP/MSP/name"] == "BuurtMSP"
    assert words["/Channel/Application/BuurtMSP/Admins (policy)"] == "AND('BuurtMSP.admin')"
    assert str(words["/Channel/Application/BuurtMSP/MSP/root_certs"]).startswith("ca.BuurtMSP until ")
    assert [one.policy for one in found.demands] == ["/Channel/Application/Admins"]
    result = applied(present.group, read_update(change)).groups["Application"]
    assert sorted(result.groups) == sorted([*MSPS, "BuurtMSP"])
    assert result.groups["WinkelsMSP"] == present.group.groups["Application"].groups["WinkelsMSP"]


@pytest.mark.parametrize(
    ("rule", "signed", "enough"),
    [
        ("ANY", 0, False),
        ("ANY", 1, True),
        ("MAJORITY", 2, False),
        ("MAJORITY", 3, True),
        ("ALL", 3, False),
        ("ALL", 4, True),
    ],
)
def test_policies_count_organisations(present: Configuration, rule: str, signed: int, enough: bool) -> None:
    put(present.group.groups["Orderer"], "Admins", meta(rule, "Admins"))
    assert satisfies(present.group, ADMINS, admins(*MSPS[:signed])) is enough


def test_one_signature_does_not_count_twice(present: Configuration) -> None:
    twice = signed_by(2, [("GemeenteMSP", "admin"), ("GemeenteMSP", "member")])
    put(present.group.groups["Orderer"], "Admins", twice)
    assert not satisfies(present.group, ADMINS, admins("GemeenteMSP"))
    assert satisfies(present.group, ADMINS, admins("GemeenteMSP", "GemeenteMSP"))


def test_a_policy_that_is_not_there_is_never_satisfied(present: Configuration) -> None:
    assert not satisfies(present.group, "/Channel/Orderer/Nothing", admins(*MSPS))
    assert not satisfies(present.group, "/Channel/Nowhere/Admins", admins(*MSPS))


def test_what_no_administrator_can_allow_has_no_set_of_signers(present: Configuration) -> None:
    put(present.group.groups["Orderer"], "Admins", signed_by(1, [("GemeenteMSP", "orderer")]))
    assert lacking(present.group, [ADMINS], []) == []
