"""Read sets: which transactions still find what they read, by the versions that replay gives."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from endorsed_ledger import Private, Results, Town, collection, range_read, sha256
from hypothesis import given, settings
from hypothesis import strategies as st

from fabric_gateway._wire import messages as m
from fabric_gateway.blocks import Version
from fabric_gateway.verification import Space, Validity
from fabric_gateway.verification._ranges import Found, range_unchanged, summary_of
from memory_database import memory_database

CONFLICT, PHANTOM = "MVCC_READ_CONFLICT", "PHANTOM_READ_CONFLICT"
CC = Space("cc")


@pytest.fixture
def town() -> Town:
    """A channel with chaincode `cc`, whose block 2 writes `a`, `b` and `c`, publicly and privately."""
    found = Town()
    found.add(found.definition(collections=[collection("own"), collection("short", block_to_live=2)]))
    values: Mapping[str, bytes | None] = {"a": b"1", "b": b"2", "c": b"3"}
    found.add(found.transaction(Results("cc", writes=values, private=[Private("own", writes=values)])))
    return found


def test_a_read_of_an_older_version_conflicts(town: Town) -> None:
    for seen, flag in (((2, 0), "VALID"), ((1, 0), CONFLICT), ((2, 1), CONFLICT), (None, CONFLICT)):
        town.add(town.transaction(Results("cc", reads={"a": seen})))
        assert town.results[-1].flags == (flag,)
    assert town.add(town.transaction(Results("cc", reads={"z": None}))).flags == ("VALID",)
    assert town.add(town.transaction(Results("cc", reads={"z": (2, 0)}))).flags == (CONFLICT,)


def test_a_read_of_what_an_earlier_transaction_of_the_block_wrote_conflicts(town: Town) -> None:
    result = town.add(
        town.transaction(Results("cc", reads={"a": (2, 0)}, writes={"a": b"x"})),
        town.transaction(Results("cc", reads={"a": (2, 0)}, writes={"a": b"y"})),
        town.transaction(Results("cc", reads={"a": (3, 0)}, writes={"b": b"y"})),
        town.transaction(Results("cc", reads={"b": (2, 0)}, writes={"b": None})),
        town.transaction(Results("cc", reads={"b": None})),
    )
    assert result.flags == ("VALID", CONFLICT, CONFLICT, "VALID", CONFLICT)
    assert {(write.key, write.value) for write in result.writes} == {(b"a", b"x"), (b"b", None)}


def test_an_invalid_transaction_changes_nothing(town: Town) -> None:
    town.add(town.transaction(Results("cc", writes={"a": b"x"}), endorsers=[town.a.peer]))
    assert town.add(town.transaction(Results("cc", reads={"a": (2, 0)}))).flags == ("VALID",)


@pytest.mark.parametrize("deletion", [{"a": None}, {"a": b""}], ids=["deleted", "written empty"])
def test_a_deleted_key_has_no_version(town: Town, deletion: dict[str, bytes | None]) -> None:
    town.add(town.transaction(Results("cc", writes=deletion)))
    assert town.add(town.transaction(Results("cc", reads={"a": None}))).flags == ("VALID",)
    assert not [finding for found in town.verify() for finding in found.findings]


def test_ranges_are_read_again(town: Town) -> None:
    whole = {"a": (2, 0), "b": (2, 0), "c": (2, 0)}
    for query, flag in (
        (range_read("a", "d", whole), "VALID"),
        (range_read("", "", whole), "VALID"),
        (range_read("a", "c", {"a": (2, 0), "b": (2, 0)}), "VALID"),
        (range_read("a", "b", {"a": (2, 0), "b": (2, 0)}, exhausted=False), "VALID"),
        (range_read("x", "z", {}), "VALID"),
        (range_read("a", "d", {"a": (2, 0), "b": (2, 0)}), PHANTOM),
        (range_read("a", "d", {**whole, "cc": (2, 0)}), PHANTOM),
        (range_read("a", "d", {**whole, "b": (1, 0)}), PHANTOM),
        (range_read("a", "d", {}), PHANTOM),
    ):
        assert town.add(town.transaction(Results("cc", ranges=[query]))).flags == (flag,)
    assert not [finding for found in town.verify() for finding in found.findings]


def test_a_key_that_appears_in_a_range_or_goes_from_it_is_a_phantom(town: Town) -> None:
    whole = {"a": (2, 0), "b": (2, 0), "c": (2, 0)}
    result = town.add(
        town.transaction(Results("cc", writes={"bb": b"1"})),
        town.transaction(Results("cc", ranges=[range_read("a", "d", whole)])),
        town.transaction(Results("cc", ranges=[range_read("a", "bb", {"a": (2, 0), "b": (2, 0)})])),
        town.transaction(Results("cc", writes={"b": None})),
        town.transaction(Results("cc", ranges=[range_read("a", "bb", {"a": (2, 0), "b": (2, 0)})])),
        town.transaction(Results("cc", ranges=[range_read("a", "bb", {"a": (2, 0)})])),
        town.transaction(Results("cc", ranges=[range_read("a", "b", {"a": (2, 0)}, exhausted=False)])),
    )
    assert result.flags == ("VALID", PHANTOM, "VALID", "VALID", PHANTOM, "VALID", "VALID")


def test_private_reads_are_compared_by_hash(town: Town) -> None:
    for seen, flag in (((2, 0), "VALID"), ((1, 0), CONFLICT), (None, CONFLICT)):
        part = Private("own", reads={"a": seen})
        assert town.add(town.transaction(Results("cc", private=[part]))).flags == (flag,)
    change = Private("own", writes={"a": b"x"})
    read = Private("own", reads={"a": (2, 0)})
    result = town.add(
        town.transaction(Results("cc", private=[change])), town.transaction(Results("cc", private=[read]))
    )
    assert result.flags == ("VALID", CONFLICT)


def test_a_purged_key_is_gone(town: Town) -> None:
    town.add(town.transaction(Results("cc", private=[Private("own", purges=["a"])])))
    (write,) = town.results[-1].writes
    assert (write.collection, write.key, write.value) == ("own", sha256(b"a"), None)
    part = Private("own", reads={"a": None, "b": (2, 0)})
    assert town.add(town.transaction(Results("cc", private=[part]))).flags == ("VALID",)
    assert not [finding for found in town.verify() for finding in found.findings]


def short(town: Town, **sets: Any) -> bytes:
    """A transaction in the collection whose data live for two blocks."""
    return town.transaction(Results("cc", private=[Private("short", **sets)]))


def test_private_data_with_a_term_expire(town: Town) -> None:
    town.add(short(town, writes={"a": b"1", "b": b"1", "c": b"1"}))  # block 3; they go with block 6
    town.add(short(town, writes={"b": b"2"}))
    town.add(short(town, reads={"a": (3, 0), "b": (4, 0)}))
    town.add(short(town, reads={"a": (3, 0)}, writes={"c": b"2"}))  # what goes with a block is there in it
    result = town.add(
        short(town, reads={"a": (3, 0)}), short(town, reads={"a": None, "b": (4, 0), "c": (6, 0)})
    )
    assert [found.flags for found in town.results[-3:-1]] == [("VALID",), ("VALID",)]
    assert result.flags == (CONFLICT, "VALID")  # and b goes with this one
    assert town.add(short(town, reads={"b": None})).flags == ("VALID",)
    assert not [finding for found in town.verify() for finding in found.findings]


def test_private_data_with_a_term_beyond_all_blocks_stay(town: Town) -> None:
    town.add(town.definition(sequence=2, collections=[collection("long", block_to_live=2**64 - 1)]))
    town.add(town.transaction(Results("cc", private=[Private("long", writes={"a": b"1"})]), version="2"))
    assert town.results[-1].flags == ("VALID",)
    read = Private("long", reads={"a": (4, 0)})
    assert town.add(town.transaction(Results("cc", private=[read]), version="2")).flags == ("VALID",)


def test_a_transaction_counts_once(town: Town) -> None:
    sent = town.transaction(Results("cc", writes={"z": b"1"}))
    assert town.add(sent, sent).flags == ("VALID", "DUPLICATE_TXID")
    assert town.add(sent).flags == ("DUPLICATE_TXID",)
    refused = town.transaction(Results("cc", reads={"a": None}), nonce=b"one nonce")
    repeated = town.transaction(Results("cc", writes={"a": b"x"}), nonce=b"one nonce")
    assert town.add(refused).flags == (CONFLICT,)
    assert town.add(repeated).flags == ("DUPLICATE_TXID",)


def test_what_is_invalid_already_does_not_use_up_an_id_in_its_block(town: Town) -> None:
    bad = town.transaction(Results("cc", writes={"z": b"1"}), nonce=b"n", endorsers=[])
    good = town.transaction(Results("cc", writes={"z": b"1"}), nonce=b"n")
    assert town.add(bad, good).flags == ("ENDORSEMENT_POLICY_FAILURE", "VALID")


def test_a_replayed_payment_that_is_flagged_valid_is_found(town: Town) -> None:
    sent = town.transaction(Results("cc", writes={"z": b"1"}))
    town.add(sent)
    town.add(sent, flags=["VALID"])
    (finding,) = town.verify()[-1].findings
    assert (finding.rule, finding.kind) == ("validity.duplicate-txid", "error")


def test_the_state_can_be_compared(town: Town) -> None:
    validity = Validity(memory_database())
    list(town.verified(validity))
    a = validity.state.get(CC, b"a")
    assert a is not None and (a.hash, a.version) == (sha256(b"1"), (2, 0))
    assert validity.state.get(CC, b"z") is None
    assert [found.key for found in validity.state.keys(CC, b"b")] == [b"b", b"c"]
    assert [found.key for found in validity.state.keys(CC, b"a", b"c")] == [b"a", b"b"]
    private = list(validity.state.keys(Space("cc", "own")))
    assert {found.key: found.hash for found in private}[sha256(b"c")] == sha256(b"3")
    assert CC in validity.state.spaces() and not list(validity.state.keys(Space("nowhere")))


@pytest.mark.parametrize("height", range(1, 6))
def test_a_verification_that_was_killed_goes_on_where_it_was_committed(town: Town, height: int) -> None:
    town.add(town.definition(sequence=2), town.transaction(Results("cc", writes={"a": b"9"})))
    town.add(
        town.transaction(Results("cc", reads={"a": (2, 0)})),
        town.transaction(Results("cc", reads={"a": (3, 1)}), version="2"),
    )
    town.add(town.blocks[2].data.data[0], short(town, writes={"k": b"1"}))
    connection = memory_database()
    first = list(town.verified(Validity(connection), height))
    connection.commit()
    lost = Validity(connection)
    list(town.verified(lost))
    connection.rollback()
    again = Validity(connection)
    assert again.height == height
    rest = list(town.verified(again))
    assert [(found.flags, found.commit_hash, found.findings) for found in first + rest] == [
        (found.flags, found.commit_hash, found.findings) for found in town.results
    ]


def test_blocks_come_in_order(town: Town) -> None:
    validity = Validity(memory_database())
    with pytest.raises(ValueError, match="next block is 0, not 1"):
        validity.add(town.blocks[1], town.configuration)


def hashed(found: list[Found], degree: int) -> Any:
    """A range read as a peer keeps it: keys if there are few, or else hashes over them."""
    query = m.kv_rwset.RangeQueryInfo(start_key="", end_key="", itr_exhausted=True)
    summary = summary_of(found, degree)
    if summary is None:
        return range_read("", "", {item.key.decode(): item.version for item in found})
    target = query.reads_merkle_hashes
    target.max_degree, target.max_level = summary.degree, summary.level
    target.max_level_hashes.extend(summary.hashes)
    return query


@given(
    st.dictionaries(
        st.text("abcd", max_size=4), st.tuples(st.integers(1, 9), st.integers(0, 3)), max_size=60
    ),
    st.integers(2, 5),
    st.data(),
)
@settings(max_examples=60, deadline=None)
def test_hashes_over_a_range_tell_every_change(
    versions: dict[str, Version], degree: int, data: st.DataObject
) -> None:
    found = [Found(key.encode(), version) for key, version in sorted(versions.items())]
    query = hashed(found, degree)
    assert range_unchanged(query, found)
    if not found:
        return
    place = data.draw(st.integers(0, len(found) - 1))
    block, other = found[place].version
    assert not range_unchanged(query, found[:place] + found[place + 1 :])
    changed = Found(found[place].key, (block + 1, other))
    assert not range_unchanged(query, [*found[:place], changed, *found[place + 1 :]])
    assert not range_unchanged(query, [*found, Found(b"e", (1, 0))])


def test_hashes_over_a_range_are_those_of_fabric() -> None:
    """Seven keys with a degree of two: leaves of three, three and one."""
    found = [Found(bytes([97 + index]), (1, index)) for index in range(7)]

    def leaf(items: list[Found]) -> bytes:
        reads = [
            m.kv_rwset.KVRead(
                key=item.key.decode(),
                version=m.kv_rwset.Version(block_num=item.version[0], tx_num=item.version[1]),
            )
            for item in items
        ]
        return sha256(m.kv_rwset.QueryReads(kv_reads=reads).SerializeToString())

    leaves = [leaf(found[:3]), leaf(found[3:6]), leaf(found[6:])]
    assert summary_of(found, 2) == (2, 2, (sha256(b"".join(leaves)),))
    assert summary_of(found[:6], 2) == (2, 1, tuple(leaves[:2]))
    assert summary_of(found[:2], 2) is None


KEYS = st.sampled_from("abc")
STEPS = st.lists(
    st.lists(
        st.tuples(st.dictionaries(KEYS, st.booleans(), max_size=2), st.lists(KEYS, max_size=2)),
        min_size=1,
        max_size=3,
    ),
    max_size=4,
)


@given(STEPS)
@settings(max_examples=25, deadline=None)
def test_versions_are_those_of_a_plain_dictionary(
    steps: list[list[tuple[dict[str, bool], list[str]]]],
) -> None:
    """Transactions read the state before their block, and write, delete, conflict as they will."""
    town = random_town()
    state: dict[str, Version] = {}
    for number, transactions in enumerate(steps, len(town.blocks)):
        before, touched, expected, envelopes = dict(state), set[str](), [], []
        for place, (writes, reads) in enumerate(transactions):
            valid = not touched.intersection(reads)
            expected.append("VALID" if valid else CONFLICT)
            envelopes.append(
                town.transaction(
                    Results(
                        "cc",
                        reads={key: before.get(key) for key in reads},
                        writes={key: b"1" if kept else None for key, kept in writes.items()},
                    )
                )
            )
            for key, kept in writes.items() if valid else ():
                touched.add(key)
                state.pop(key, None)
                if kept:
                    state[key] = (number, place)
        assert list(town.add(*envelopes).flags) == expected
    validity = Validity(memory_database())
    assert not [finding for found in town.verified(validity) for finding in found.findings]
    assert {item.key.decode(): item.version for item in validity.state.keys(CC)} == state


def random_town() -> Town:
    """A channel with chaincode `cc`."""
    town = Town()
    town.add(town.definition())
    return town
