"""Expired certificates are told with the command that repairs them, and hold up what depends on them."""

from __future__ import annotations

from pathlib import Path

import pytest
from issuing import filled, signed

from kindpakket_network import NetworkError, Topology
from kindpakket_network.certificates.expired import ensure_usable, expired
from kindpakket_network.certificates.revocation_mark import mark_revoked
from kindpakket_network.nodes.authority import IDENTITIES, TLS
from kindpakket_network.nodes.authority_tls import SERVICE
from kindpakket_network.nodes.session import Session
from kindpakket_network.programs.home import write
from kindpakket_network.reports.plan import plan


@pytest.fixture
def session(tmp_path: Path) -> Session:
    return filled(tmp_path, Topology.packaged("kindpakket"))


def expire(session: Session, organisation: str, path: Path) -> None:
    """Put a certificate in the place of another that expired a day ago, with the same key."""
    authority = session.inventory.authorities[organisation]
    kind = IDENTITIES if path.parent.name == "signcerts" else TLS
    root = authority.certificate(kind)
    key = path.parents[1] / "keystore/key.pem" if kind == IDENTITIES else path.with_name("key.pem")
    by = root.read_bytes(), root.with_name(f"{kind}.root-key.pem").read_bytes()
    made = signed("late", -1, key.read_bytes() if key.is_file() else None, by=by)
    write(path, made.certificate)


def told(session: Session) -> list[str]:
    return [damage.holder for damage in expired(session.topology, session.home, session.inventory)]


def test_what_expired_is_told_and_holds_up_the_network(session: Session) -> None:
    home = session.home
    expire(session, "auditor", home.node("orderer.auditor") / "tls/cert.pem")
    expire(session, "winkels", home.node("peer0.winkels") / "msp/signcerts/cert.pem")
    expire(session, "gemeente", home.user("gemeente", "admin") / "msp/signcerts/cert.pem")
    expire(session, "regie", session.inventory.authorities["regie"].folder / SERVICE)
    holders = ["admin@gemeente", "peer0.winkels", "orderer.auditor", "ca.regie"]
    assert sorted(told(session)) == sorted(holders)
    with pytest.raises(NetworkError) as refused:
        plan(session.topology, home, session.processes)
    for holder in holders:
        assert f"of {holder} expired on " in str(refused.value)
        assert f"run `kindpakket network renew {holder}`" in str(refused.value)
    with pytest.raises(NetworkError, match=r"the tls certificate of orderer\.auditor"):
        ensure_usable(session.topology, home, session.inventory, "orderer.auditor")
    ensure_usable(session.topology, home, session.inventory, "peer0.auditor")


def test_other_users_hold_up_nobody(session: Session) -> None:
    expire(session, "gemeente", session.home.user("gemeente", "clerk") / "msp/signcerts/cert.pem")
    assert told(session) == []


def test_what_has_a_successor_or_was_revoked_is_not_told(session: Session) -> None:
    for name in ("peer0.winkels", "peer0.gemeente"):
        expire(session, name.partition(".")[2], session.home.node(name) / "tls/cert.pem")
    mark_revoked(session.home.node("peer0.winkels"))
    (session.home.node("peer0.gemeente") / "tls.next").mkdir()
    assert told(session) == []
