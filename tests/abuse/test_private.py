"""Who receives private data with the blocks: the members of its collection, and nobody else."""

from __future__ import annotations

import pytest
from ground import Ground
from support import identity_of
from wire import private_blocks

from kindpakket_demo.desk import AUDITOR, CHAINCODE, MUNICIPALITY, SHOPS

BOTH = {"citizens", "shopAccounts"}


def collections(ground: Ground, peer_of: str, organisation: str, user: str) -> set[str]:
    """The collections from which a client receives any data from a peer, over all blocks."""
    identity = identity_of(ground.desk.network, organisation, user)
    names: set[str] = set()
    for block in private_blocks(ground, peer_of, identity, ground.height() - 1):
        for private in block.private_data_map.values():
            for namespace in private.ns_pvt_rwset:
                if namespace.namespace == CHAINCODE:
                    names |= {collection.collection_name for collection in namespace.collection_pvt_rwset}
    return names


@pytest.mark.parametrize(
    ("peer_of", "organisation", "user", "expected"),
    [
        (MUNICIPALITY, MUNICIPALITY, "clerk", BOTH),
        (SHOPS, SHOPS, "admin", {"shopAccounts"}),
        (MUNICIPALITY, SHOPS, "admin", {"shopAccounts"}),
        (SHOPS, MUNICIPALITY, "clerk", {"shopAccounts"}),
        (AUDITOR, AUDITOR, "auditor", set()),
        (MUNICIPALITY, AUDITOR, "auditor", set()),
        (SHOPS, AUDITOR, "auditor", set()),
        (MUNICIPALITY, AUDITOR, "admin", set()),
    ],
)
def test_a_client_gets_what_is_its_organisations_collection(
    ground: Ground, peer_of: str, organisation: str, user: str, expected: set[str]
) -> None:
    assert collections(ground, peer_of, organisation, user) == expected
