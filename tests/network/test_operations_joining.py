"""A second auditor joins from its own home: only certificates and the genesis block are exchanged."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from support import gateway_at, identity_of, running

from kindpakket.auditor.auditor import Auditor
from kindpakket_demo.desk import AUDITOR, CHAINCODE, CHANNEL, Desk
from kindpakket_network import Network, NetworkError, Topology
from kindpakket_network.channel.configuration import APPLICATION
from kindpakket_network.channel.submission import current
from kindpakket_network.description.growth import with_organisation
from kindpakket_network.errors import Waiting
from kindpakket_network.programs.wait import until
from kindpakket_network.verbs import removal
from patience import PATIENCE

COURT, COURT_MSP = "rekenkamer", "RekenkamerMSP"


@pytest.fixture
def members(tmp_path: Path) -> Iterator[Network]:
    """The packaged network, whose home has the keys of its four organisations."""
    with running(Topology.packaged("kindpakket"), tmp_path / "members") as made:
        yield made


@pytest.fixture
def court(members: Network, tmp_path: Path) -> Iterator[Network]:
    """The home of the organisation that joins, still empty; it was sent the topology."""
    made = Network(with_organisation(members.topology, COURT, COURT_MSP, AUDITOR), tmp_path / "court")
    yield made
    made.down()


def handed(texts: dict[str, str], folder: Path) -> list[Path]:
    """Write texts to files, as partners would send them."""
    for name, text in texts.items():
        (folder / name).write_text(text)
    return [folder / name for name in texts]


def height(network: Network, peer: str) -> int:
    """The number of blocks that a peer has."""
    return network.status().channels[0].heights[peer] or 0


def test_an_organisation_joins_from_its_own_home_and_is_removed_by_the_others(
    members: Network, court: Network, tmp_path: Path
) -> None:
    founders = [organisation.name for organisation in members.topology.organisations]
    with pytest.raises(Waiting, match=f"waits for {COURT}"):
        members.become(court.topology, elsewhere=[COURT])
    with pytest.raises(Waiting, match=f"{CHANNEL} waits for {', '.join(founders)}"):
        court.up(organisations=[COURT])
    known = {name: members.bundle(name).text() for name in founders}
    court.admit(handed({**known, "block": members.first_block(CHANNEL)}, tmp_path))
    with pytest.raises(Waiting, match=f"does not answer {COURT} yet"):
        court.up()

    members.admit(handed({COURT: court.bundle(COURT).text()}, tmp_path))
    members.up(progress=print)
    court.up(progress=print)

    assert members.plan().done
    assert court.plan().done
    assert court.status().up
    for home, others in ((members.home, [COURT]), (court.home, founders)):
        assert not any((home / "organisations" / other / "users").exists() for other in others)
    with Desk(members, tmp_path, Random(1)) as desk:
        proposed = desk.clerk.organisations.propose(COURT_MSP, "auditors", "new-member")
        desk.in_step()
        desk.manager.organisations.approve(COURT_MSP, proposed["change"])
    ordered = height(members, "peer0.gemeente")
    assert until(lambda: height(court, f"peer0.{COURT}") >= ordered or None, PATIENCE)
    with gateway_at(court, COURT, identity_of(court, COURT, "auditor")) as gateway:
        ledger = gateway.network(CHANNEL)
        assert Auditor(ledger.contract(CHAINCODE), ledger).verify().passed
    with pytest.raises(NetworkError, match=f"acts for {COURT} alone: have the others remove it"):
        removal.organisation(court, COURT)
    with pytest.raises(NetworkError, match=f"names {COURT_MSP}: end there what is its own"):
        removal.run(members, removal.organisation(members, COURT))

    removal.run(members, removal.organisation(members, COURT, keep_name=True), print)

    smaller = Network.open(members.home)
    assert smaller.plan().done
    assert smaller.status().up
    assert not (members.home / "organisations" / COURT).exists()
    session = smaller.session()
    present = current(session, session.topology.channel(CHANNEL))
    assert COURT_MSP not in present.group.groups[APPLICATION].groups
