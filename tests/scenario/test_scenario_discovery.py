"""Which endorsing peers the gateway finds as peers come and go."""

from __future__ import annotations

import pytest
from scenario_support import CHANNEL, Place, endorsers_of

from fabric_gateway import EndorseError


def test_a_submit_finds_peers_enough_or_fails_and_finds_them_again(place: Place) -> None:
    """A policy that requires all organisations cannot be satisfied while one's only peer is down."""
    with place.connect("org1") as gateway:
        ledger = gateway.network(CHANNEL)
        strict, open_to_any = ledger.contract("strict"), ledger.contract("open")
        place.network.stop("peer0.org3")
        try:
            with pytest.raises(EndorseError) as caught:
                strict.proposal("Echo", "conga").endorse(timeout=2)
            assert caught.value.transaction_id
            assert open_to_any.submit("Echo", "conga") == b"conga"
        finally:
            place.start("peer0.org3")
        submitted = strict.submit_async("Echo", "conga")
        assert submitted.result == b"conga"
        assert endorsers_of(ledger, submitted) == ["Org1MSP", "Org2MSP", "Org3MSP"]
