"""Endorsements: which transactions have those that the policies in force ask for."""

from __future__ import annotations

from typing import Any

import pytest
from endorsed_ledger import (
    Private,
    Results,
    Town,
    all_of,
    collection,
)

from fabric_gateway._wire import messages as m
from fabric_gateway.verification import values_from
from forge import Authority

FAILURE = "ENDORSEMENT_POLICY_FAILURE"
OF_A, OF_B = all_of("A"), all_of("B")


@pytest.fixture
def town() -> Town:
    """A channel with chaincode `cc`, which both organisations must endorse."""
    found = Town()
    found.add(found.definition(collections=[collection("own"), collection("ours", policy=OF_A)]))
    return found


def pay(town: Town, key: str = "k", **how: Any) -> bytes:
    """A transaction that writes one key."""
    return town.transaction(Results("cc", writes={key: b"1"}), **how)


def test_nothing_is_found_in_a_clean_ledger(town: Town) -> None:
    town.add(pay(town), pay(town, "l"))
    town.add(pay(town, endorsers=[town.a.peer]))
    results = town.verify()
    assert [result.flags for result in results] == [
        ("VALID",),
        ("VALID",),
        ("VALID", "VALID"),
        (FAILURE,),
    ]
    assert not [finding for result in results for finding in result.findings]


def test_an_endorsement_of_one_organisation_that_is_flagged_valid_is_found(town: Town) -> None:
    town.add(pay(town, endorsers=[town.a.peer]), flags=["VALID"])
    (finding,) = town.verify()[-1].findings
    assert (finding.rule, finding.kind, finding.block) == (
        "validity.endorsement-policy-failure",
        "error",
        2,
    )
    assert finding.sentence == (
        "transaction 0 of block 2 is flagged VALID, and is ENDORSEMENT_POLICY_FAILURE:"
        " the endorsement policy of cc is not satisfied by A"
    )
    assert len(finding.transaction_id) == 64


def test_what_does_not_count_as_an_endorsement(town: Town) -> None:
    stranger = Authority("B").member("peer", "peer")  # says that it is B's, of an authority that is not B's
    for wrong in (town.b.client, stranger, town.a.person("peer")):
        assert town.add(pay(town, endorsers=[town.a.peer, wrong])).flags == (FAILURE,)
    assert town.add(pay(town, endorsers=[town.a.peer, town.a.peer])).flags == (FAILURE,)
    assert town.add(pay(town, endorsers=[])).flags == (FAILURE,)


def test_a_signature_over_something_else_does_not_count(town: Town) -> None:
    class Liar:
        serialized = town.b.peer.serialized

        def sign(self, message: bytes) -> bytes:
            return town.b.peer.sign(message + b"!")

    result = town.add(pay(town, endorsers=[town.a.peer, Liar()]), flags=["VALID"])
    assert result.flags == (FAILURE,)
    note, error = town.verify()[-1].findings
    assert (note.rule, note.kind) == ("endorsement.flawed", "note")
    assert "does not hold" in error.sentence and "is not satisfied by A" in error.sentence


def test_a_flawed_endorsement_beside_enough_right_ones_is_noted_only(town: Town) -> None:
    result = town.add(pay(town, endorsers=[*town.both, Authority("C").member("peer", "peer")]))
    assert result.flags == ("VALID",)
    (note,) = town.verify()[-1].findings
    assert (note.rule, note.kind) == ("endorsement.flawed", "note")


def test_a_definition_counts_from_the_next_block_on(town: Town) -> None:
    lone: dict[str, Any] = {"endorsers": [town.a.peer]}
    result = town.add(town.definition(policy=OF_A, sequence=2), pay(town, **lone))
    assert result.flags == ("VALID", FAILURE)
    assert town.add(pay(town, version="2", **lone)).flags == ("VALID",)
    assert not [finding for found in town.verify() for finding in found.findings]


def test_endorsers_that_ran_another_version_are_noted(town: Town) -> None:
    town.add(pay(town, version="0.9"))
    (note,) = town.verify()[-1].findings
    assert (note.rule, note.kind) == ("endorsement.version", "note")
    assert "'0.9'" in note.sentence and "'1'" in note.sentence


def test_a_definition_needs_the_policy_of_the_lifecycle(town: Town) -> None:
    assert town.add(town.definition("other", endorsers=[town.a.peer])).flags == (FAILURE,)
    assert town.add(town.transaction(chaincode="other")).flags == ("INVALID_CHAINCODE",)


def test_a_chaincode_without_definition(town: Town) -> None:
    assert town.add(pay(town, chaincode="nowhere")).flags == ("INVALID_CHAINCODE",)


def test_each_namespace_that_is_written_needs_its_own_policy(town: Town) -> None:
    town.add(town.definition("lax", policy=OF_A))
    both = Results("lax", writes={"x": b"1"}), Results("cc", writes={"x": b"1"})
    only_read = Results("lax", writes={"x": b"2"}), Results("cc", reads={"x": None})
    lone: dict[str, Any] = {"chaincode": "lax", "endorsers": [town.a.peer]}
    assert town.add(town.transaction(*only_read, **lone)).flags == ("VALID",)
    assert town.add(town.transaction(*both, **lone)).flags == (FAILURE,)
    assert town.add(town.transaction(*both, chaincode="lax")).flags == ("VALID",)


def test_of_several_faults_a_peer_may_report_any(town: Town) -> None:
    faulty = Results("cc", writes={"x": b"1"}), Results("nowhere", writes={"x": b"1"})
    for said in (FAILURE, "INVALID_CHAINCODE"):
        town.add(town.transaction(*faulty, endorsers=[town.a.peer]), flags=[said])
        assert not town.verify()[-1].findings
    town.add(town.transaction(*faulty, endorsers=[town.a.peer]), flags=["VALID"])
    (finding,) = town.verify()[-1].findings
    assert finding.rule == "validity.endorsement-policy-failure"


def private(town: Town, name: str, **how: Any) -> bytes:
    """A transaction that writes one key of a collection."""
    return town.transaction(Results("cc", private=[Private(name, writes={"k": b"1"})]), **how)


def test_a_collection_may_have_a_policy_of_its_own(town: Town) -> None:
    a: dict[str, Any] = {"endorsers": [town.a.peer]}
    b: dict[str, Any] = {"endorsers": [town.b.peer]}
    assert town.add(private(town, "ours", **a)).flags == ("VALID",)
    assert town.add(private(town, "ours", **b)).flags == (FAILURE,)
    assert town.add(private(town, "own", **a)).flags == (FAILURE,)
    assert town.add(private(town, "own")).flags == ("VALID",)
    assert town.add(private(town, "unheard of")).flags == (FAILURE,)


def test_the_implicit_collection_of_an_organisation_is_endorsed_by_it(town: Town) -> None:
    for name, endorser, flag in (
        ("_implicit_org_B", town.b.peer, "VALID"),
        ("_implicit_org_B", town.a.peer, FAILURE),
        ("_implicit_org_C", town.b.peer, FAILURE),
    ):
        assert town.add(private(town, name, endorsers=[endorser])).flags == (flag,)
        approval = Results("_lifecycle", private=[Private(name, writes={"namespaces/x": b"1"})])
        lone = town.transaction(approval, chaincode="_lifecycle", endorsers=[endorser])
        assert town.add(lone).flags == (flag,)


def test_public_and_private_writes_need_both_policies(town: Town) -> None:
    mixed = Results("cc", writes={"k": b"1"}, private=[Private("ours", writes={"k": b"1"})])
    assert town.add(town.transaction(mixed, endorsers=[town.a.peer])).flags == (FAILURE,)
    assert town.add(town.transaction(mixed)).flags == ("VALID",)


def test_a_key_may_have_a_policy_of_its_own(town: Town) -> None:
    result = town.add(town.transaction(Results("cc", writes={"k": b"1"}, policies={"k": OF_B})))
    assert result.flags == ("VALID",)
    assert town.add(pay(town, endorsers=[town.a.peer])).flags == (FAILURE,)
    assert town.add(pay(town, endorsers=[town.b.peer])).flags == ("VALID",)
    assert town.add(pay(town, "other", endorsers=[town.b.peer])).flags == (FAILURE,)
    # The policy stays when the value changes; it goes with its own removal, under the same policy.
    drop = Results("cc", policies={"k": None})
    assert town.add(town.transaction(drop, endorsers=[town.a.peer])).flags == (FAILURE,)
    assert town.add(town.transaction(drop, endorsers=[town.b.peer])).flags == ("VALID",)
    assert town.add(pay(town, endorsers=[town.b.peer])).flags == (FAILURE,)
    assert not [finding for found in town.verify(read_value=values_from(town)) for finding in found.findings]


def test_a_key_whose_policy_changes_in_the_block_cannot_be_written_later_in_it(town: Town) -> None:
    change = town.transaction(Results("cc", writes={"k": b"1"}, policies={"k": OF_B}))
    refused = town.transaction(
        Results("cc", writes={"l": b"1"}, policies={"l": OF_B}), endorsers=[town.a.peer]
    )
    result = town.add(change, refused, pay(town, "k"), pay(town, "l"))
    assert result.flags == ("VALID", FAILURE, FAILURE, "VALID")


def test_a_private_key_may_have_a_policy_of_its_own(town: Town) -> None:
    part = Private("own", writes={"k": b"1"}, policies={"k": OF_B})
    assert town.add(town.transaction(Results("cc", private=[part]))).flags == ("VALID",)
    assert town.add(private(town, "own", endorsers=[town.b.peer])).flags == ("VALID",)
    assert town.add(private(town, "own", endorsers=[town.a.peer])).flags == (FAILURE,)
    assert not [finding for found in town.verify() for finding in found.findings]


def test_metadata_alone_keeps_the_value_which_the_commit_hash_covers(town: Town) -> None:
    town.add(pay(town))
    town.add(town.transaction(Results("cc", policies={"k": OF_B})))
    read_again = town.verify(read_value=values_from(town))
    assert not [finding for found in read_again for finding in found.findings]
    (write,) = read_again[-1].writes
    assert (write.key, write.value, write.version) == (b"k", b"1", (3, 0))
    (finding,) = town.verify()[-1].findings
    assert (finding.rule, finding.kind) == ("commit-hash.unknown", "uncertainty")
    assert town.add(pay(town, endorsers=[town.b.peer])).flags == ("VALID",)
    assert not town.verify()[-1].findings
    lied_to = town.verify(read_value=lambda *_: b"2")
    assert [found.rule for found in lied_to[3].findings] == ["commit-hash.unknown"]


def test_the_lifecycles_values_are_kept_whatever_their_metadata(town: Town) -> None:
    key = "namespaces/metadata/cc"
    change = Results("_lifecycle", policies={key: OF_B})
    assert town.add(town.transaction(change, chaincode="_lifecycle")).flags == ("VALID",)
    assert town.add(pay(town)).flags == ("VALID",)
    assert not [finding for found in town.verify() for finding in found.findings]


def test_metadata_of_a_key_that_does_not_exist_comes_to_nothing(town: Town) -> None:
    result = town.add(town.transaction(Results("cc", policies={"k": OF_B})))
    assert result.flags == ("VALID",) and not list(result.writes)
    assert town.add(pay(town)).flags == ("VALID",)


def test_a_policy_may_be_one_of_the_channel(town: Town) -> None:
    for name, path, flag in (
        ("ours", "/Channel/Application/A/Endorsement", "VALID"),
        ("both", "/Channel/Application/LifecycleEndorsement", FAILURE),
        ("none", "/Channel/Application/Nothing", FAILURE),
    ):
        by_path = m.policy.ApplicationPolicy(channel_config_policy_reference=path)
        town.add(town.definition(name, parameter=by_path.SerializeToString()))
        lone = town.transaction(Results(name, writes={"k": b"1"}), chaincode=name, endorsers=[town.a.peer])
        assert town.add(lone).flags == (flag,)


def test_a_plugin_of_its_own_makes_validity_uncertain(town: Town) -> None:
    town.add(town.definition("odd", plugin="ours"))
    town.add(town.transaction(Results("odd", writes={"k": b"1"}), chaincode="odd"), flags=["VALID"])
    result = town.verify()[-1]
    assert result.flags == ("VALID",)
    (finding,) = result.findings
    assert (finding.rule, finding.kind) == ("validity.undecidable", "uncertainty")
    assert "'ours'" in finding.sentence


def test_a_channel_with_the_rules_of_fabric_1_makes_validity_uncertain() -> None:
    town = Town(application_capability="V1_4_2")
    town.add(town.definition(), flags=["VALID"])
    (finding,) = town.verify()[-1].findings
    assert (finding.rule, finding.kind) == ("validity.undecidable", "uncertainty")


def test_a_revoked_client_creates_nothing_from_the_next_block_on(town: Town) -> None:
    clerk = town.a.person("client")
    assert town.add(pay(town, creator=clerk)).flags == ("VALID",)
    town.a.revoked.append(clerk)
    town.reconfigure()
    town.add(pay(town, creator=clerk), flags=["VALID"])
    (finding,) = town.verify()[-1].findings
    assert finding.rule == "validity.bad-creator-signature"
    assert "revocation list" in finding.sentence


def test_a_revoked_peer_endorses_nothing_from_the_next_block_on(town: Town) -> None:
    town.b.revoked.append(town.b.peer)
    town.reconfigure()
    assert town.add(pay(town)).flags == (FAILURE,)


def test_policies_of_definitions_that_cannot_be_read_are_satisfied_by_nobody(town: Town) -> None:
    assert town.add(town.definition("bad", parameter=b"\xff")).flags == ("VALID",)
    assert town.add(town.transaction(Results("bad", writes={"k": b"1"}), chaincode="bad")).flags == (FAILURE,)
