"""Certificates and keys that are missing or somebody else's are told before a node's next start fails."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from issuing import filled, self_signed

from kindpakket_network import NetworkError, Topology
from kindpakket_network.certificates.damage import damages
from kindpakket_network.certificates.expired import ensure_usable
from kindpakket_network.certificates.renewal_plan import due
from kindpakket_network.channel import messages as m
from kindpakket_network.description.growth import with_organisation
from kindpakket_network.nodes.inventory import Inventory
from kindpakket_network.nodes.session import Session
from kindpakket_network.programs.home import write
from kindpakket_network.reports.plan import plan

PEER, ORDERER, ADMIN = "nodes/peer0.winkels", "nodes/orderer.auditor", "organisations/gemeente/users/admin"


@pytest.fixture
def session(tmp_path: Path) -> Session:
    made = filled(tmp_path, Topology.packaged("kindpakket"))
    write(made.home.genesis("zuidhorn"), genesis(["GemeenteMSP", "WinkelsMSP"]))
    return made


def genesis(msps: Sequence[str]) -> bytes:
    """A genesis block that names these organisations and nothing else."""
    found = m.configtx.ConfigEnvelope()
    for msp in msps:
        found.config.channel_group.groups["Application"].groups[msp].version = 0
    found.last_update.payload = m.common.Payload().SerializeToString()
    header = m.common.ChannelHeader(type=m.common.CONFIG, channel_id="zuidhorn").SerializeToString()
    payload = m.common.Payload(data=found.SerializeToString())
    payload.header.channel_header = header
    block = m.common.Block()
    block.data.data.append(m.common.Envelope(payload=payload.SerializeToString()).SerializeToString())
    content: bytes = block.SerializeToString()
    return content


def told(session: Session) -> list[str]:
    return [str(damage) for damage in damages(session.topology, session.home, session.inventory)]


def test_nothing_is_told_of_a_home_that_is_whole(session: Session) -> None:
    assert told(session) == []
    ensure_usable(session.topology, session.home, session.inventory)


def delete(*names: str) -> Callable[[Path], None]:
    def change(root: Path) -> None:
        for name in names:
            (root / name).unlink()

    return change


def spoil(name: str) -> Callable[[Path], None]:
    return lambda root: write(root / name, b"-----BEGIN NOTHING-----\n")


def swap(name: str, other: str) -> Callable[[Path], None]:
    return lambda root: write(root / name, (root / other).read_bytes())


def foreign(folder: str) -> Callable[[Path], None]:
    def change(root: Path) -> None:
        made = self_signed("peer0.winkels", 1000)
        write(root / folder / "cert.pem", made.certificate)
        write(root / folder / "key.pem", made.key)

    return change


@pytest.mark.parametrize(
    ("change", "words", "holder"),
    [
        (delete(f"{PEER}/msp/keystore/key.pem"), "lacks keystore/key.pem", "peer0.winkels"),
        (delete(f"{PEER}/msp/config.yaml"), "lacks config.yaml", "peer0.winkels"),
        (delete(f"{ORDERER}/tls/cert.pem", f"{ORDERER}/tls/key.pem"), "lacks cert.pem and key.pem", None),
        (delete(f"{ADMIN}/msp/keystore/key.pem"), "lacks keystore/key.pem", "admin@gemeente"),
        (spoil(f"{ORDERER}/msp/signcerts/cert.pem"), "cannot be read", "orderer.auditor"),
        (spoil(f"{ORDERER}/tls/key.pem"), "has a key that cannot be read", "orderer.auditor"),
        (swap(f"{PEER}/tls/key.pem", f"{ORDERER}/tls/key.pem"), "has another certificate's key", None),
        (swap(f"{PEER}/tls/ca.pem", f"{ORDERER}/tls/ca.pem"), "has another root certificate in ca.pem", None),
        (foreign(f"{PEER}/tls"), "was not issued by its organisation's authority", "peer0.winkels"),
    ],
)
def test_it_is_told_with_the_command_that_repairs_it(
    session: Session, change: Callable[[Path], None], words: str, holder: str | None
) -> None:
    change(session.home.root)
    (line,) = told(session)
    assert words in line
    if holder is not None:
        assert line.endswith(f": run `kindpakket network renew {holder}`")
        assert holder in {certificate.holder for certificate in due(session, [holder])}
    with pytest.raises(NetworkError, match="run `kindpakket network renew"):
        plan(session.topology, session.home, session.processes)


def test_a_folder_that_is_gone_is_told_of_a_node_that_has_data(session: Session) -> None:
    """Without data it is as before its first start: `up` has its certificate issued."""
    folder = session.home.root / ORDERER
    shutil.rmtree(folder / "msp")
    assert told(session) == []
    (folder / "data").mkdir()
    (line,) = told(session)
    assert line.startswith("the identity certificate of orderer.auditor is gone")
    assert {certificate.use for certificate in due(session, ["orderer.auditor"])} == {"identity", "tls"}


def test_a_renewal_that_was_killed_between_two_moves_is_no_damage(session: Session) -> None:
    folder = session.home.root / ORDERER
    (folder / "data").mkdir()
    (folder / "msp").rename(folder / "msp.next")
    assert told(session) == []


@pytest.mark.parametrize("nodes", [True, False], ids=["its nodes are there", "nothing of it is"])
def test_no_new_authority_takes_the_place_of_one_that_a_channel_knows(session: Session, nodes: bool) -> None:
    shutil.rmtree(session.home.organisation("winkels"))
    for folder in () if nodes else session.home.root.glob("nodes/*winkels*"):
        shutil.rmtree(folder)
    (line,) = told(session)
    assert line.startswith("the certificate authority of winkels is gone")
    assert "WinkelsMSP, which zuidhorn knows" in line
    assert line.endswith("run `kindpakket network restore` with a backup of winkels")


def test_an_organisation_that_is_to_join_has_lost_nothing(session: Session) -> None:
    grown = with_organisation(session.topology, "buurt", "BuurtMSP", "winkels")
    assert damages(grown, session.home, Inventory.of(grown, session.home)) == []
