"""Certificates: when they expire, which to renew, how renewed ones wait, and what may not be revoked."""

from __future__ import annotations

import json
import shutil
import stat
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from cryptography import x509
from issuing import Issuer, filled, issuer, self_signed

from kindpakket_cli.network.group import network
from kindpakket_network import NetworkError, Topology
from kindpakket_network.certificates.enrolment import CRL, ensure, issue_pending
from kindpakket_network.certificates.expiry import certificate_warnings, expiries, expiry_of
from kindpakket_network.certificates.node_renewal import NodeRenewal
from kindpakket_network.certificates.renewal_plan import Due, due, renewable
from kindpakket_network.certificates.revocation import Revocation
from kindpakket_network.certificates.revocation_mark import mark_revoked
from kindpakket_network.channel import stalled_consenters
from kindpakket_network.channel.stalled_consenters import StalledConsenters
from kindpakket_network.nodes.authority_tls import (
    OPERATIONS,
    OPERATIONS_KEY,
    SERVICE,
    discard_certificates,
)
from kindpakket_network.nodes.chaincode_server import ChaincodeServer
from kindpakket_network.nodes.connections import COPIES, refresh
from kindpakket_network.nodes.issue import Issue
from kindpakket_network.nodes.pending import activate, mark_for_restart, newest_folder, pending_folder, unmark
from kindpakket_network.nodes.session import Session
from kindpakket_network.programs.home import write


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Session:
    """The packaged network with all certificates, which tests leave as they are."""
    return filled(tmp_path_factory.mktemp("shared"), Topology.packaged("kindpakket"))


@pytest.fixture
def session(tmp_path: Path) -> Session:
    """The same for one test."""
    return filled(tmp_path, Topology.packaged("kindpakket"))


def issues_of(session: Session, node: str) -> list[Issue]:
    return [one.issue for one in renewable(session) if one.holder == node and one.issue is not None]


def content(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*.pem")}


def test_every_certificate_shows_with_its_end(shared: Session) -> None:
    found = {(one.holder, one.use) for one in expiries(shared.home)}
    assert {
        ("orderer.regie", "identity"),
        ("peer0.winkels", "tls"),
        ("clerk@gemeente", "identity"),
        ("admin@auditor", "tls"),
        ("chaincode.peer0.gemeente.kindpakket", "tls"),
        ("ca.gemeente", "identity authority"),
        ("ca.gemeente", "tls authority"),
        ("ca.gemeente", "tls"),
    } <= found
    assert len(found) == len(expiries(shared.home))


def test_one_that_expires_soon_is_complained_of_with_the_command_that_renews_it(session: Session) -> None:
    assert certificate_warnings(session.home, 30) == []
    folder = session.home.node("peer0.winkels") / "tls"
    write(folder / "cert.pem", self_signed("peer0.winkels", 20).certificate)
    root = session.home.organisation("regie") / "msp/tlscacerts/tlsca.pem"
    write(root, self_signed("tlsca", -1).certificate)
    expired, soon = certificate_warnings(session.home, 30)
    assert "tls authority certificate of ca.regie expired on" in expired
    assert "run kindpakket network roots introduce " in expired
    assert soon.startswith("the tls certificate of peer0.winkels expires on")
    assert soon.endswith("kindpakket network renew peer0.winkels")
    assert len(certificate_warnings(session.home, 10)) == 1


def test_a_key_that_others_can_read_is_complained_of(session: Session) -> None:
    key = session.home.node("orderer.regie") / "msp" / "keystore" / "key.pem"
    key.chmod(0o640)
    (sentence,) = certificate_warnings(session.home, 30)
    assert sentence == (
        f"other users can read 1 file with keys or secrets, such as {key}: "
        f"run chmod -R go= {session.home.root}"
    )


def test_the_command_tells_it_by_its_exit_code(session: Session) -> None:
    arguments = ["certificates", "--home", str(session.home.root), "--json"]
    answer = CliRunner().invoke(network, arguments)
    assert answer.exit_code == 0, answer.output
    assert json.loads(answer.output)["warnings"] == []
    late = CliRunner().invoke(network, [*arguments, "--within", "1001"])
    assert late.exit_code == 1
    assert len(json.loads(late.output)["warnings"]) == len(renewable(session))
    shown = CliRunner().invoke(network, ["certificates", "--home", str(session.home.root)])
    assert shown.exit_code == 0
    assert "clerk@gemeente" in shown.output


def test_what_can_be_renewed_is_all_but_the_authorities(shared: Session) -> None:
    shown = {(one.holder, one.use) for one in expiries(shared.home) if "authority" not in one.use}
    assert {(one.holder, one.use) for one in renewable(shared)} == shown


def names(found: list[Due]) -> set[tuple[str, str]]:
    return {(one.holder, one.use) for one in found}


def test_what_is_due_is_what_was_named_and_ends_in_time(shared: Session) -> None:
    assert due(shared, within_days=999) == []
    assert len(due(shared, within_days=1001)) == len(due(shared)) == len(renewable(shared))
    assert names(due(shared, ["clerk@gemeente", "orderer.regie"])) == {
        ("clerk@gemeente", "identity"),
        ("orderer.regie", "identity"),
        ("orderer.regie", "tls"),
    }
    assert {one.organisation for one in due(shared, ["winkels"])} == {"winkels"}
    assert due(shared, ["winkels"], within_days=999) == []
    later = datetime.now(UTC) + timedelta(days=900)
    assert len(due(shared, within_days=101, now=later)) == len(due(shared))
    with pytest.raises(NetworkError, match=r"nobody@gemeente has no certificates to renew"):
        due(shared, ["nobody@gemeente"])


def test_users_that_were_enrolled_later_are_renewed_as_they_were_enrolled(session: Session) -> None:
    folder = session.home.user("winkels", "till") / "msp"
    ensure(
        issuer(session.home, "winkels"), Issue(folder, "ca", "till", "client", {"kindpakket.role": "cashier"})
    )
    (found,) = due(session, ["till@winkels"])
    assert found.issue is not None
    assert (found.issue.name, found.issue.kind, found.node) == ("till", "client", None)
    assert found.issue.attributes == {"kindpakket.role": "cashier"}
    mark_revoked(folder.parent)
    assert "till@winkels" not in {one.holder for one in renewable(session)}
    assert "till@winkels" not in {one.holder for one in expiries(session.home)}


def test_a_home_renews_only_for_those_it_acts_for(shared: Session) -> None:
    assert {one.organisation for one in renewable(replace(shared, only=("auditor",)))} == {"auditor"}


def test_a_renewed_certificate_waits_beside_the_present_one(session: Session) -> None:
    authority = issuer(session.home, "regie")
    identity, tls = issues_of(session, "orderer.regie")
    before = content(identity.folder)
    assert (
        issue_pending(authority, identity)
        == pending_folder(identity.folder)
        == newest_folder(identity.folder)
    )
    assert content(identity.folder) == before
    waiting = content(pending_folder(identity.folder))
    issue_pending(authority, identity)
    assert content(pending_folder(identity.folder)) == waiting, "a second one was issued"
    issue_pending(authority, tls, same_key=True)
    assert content(pending_folder(tls.folder))["key.pem"] == content(tls.folder)["key.pem"]
    assert content(pending_folder(tls.folder))["cert.pem"] != content(tls.folder)["cert.pem"]
    activate(identity.folder)
    assert content(identity.folder) == waiting
    assert newest_folder(identity.folder) == identity.folder
    assert not list(identity.folder.parent.glob(".*"))


def test_what_was_interrupted_between_two_renames_is_completed_by_the_next_start(session: Session) -> None:
    authority = issuer(session.home, "regie")
    identity = issues_of(session, "orderer.regie")[0]
    issue_pending(authority, identity)
    waiting = content(pending_folder(identity.folder))
    identity.folder.rename(identity.folder.with_name(".msp.old"))
    ensure(authority, identity)
    assert content(identity.folder) == waiting
    activate(identity.folder)
    assert not list(identity.folder.parent.glob(".*"))


def test_a_node_is_unfinished_until_it_was_started_again(session: Session) -> None:
    peer = session.inventory.peers[0]
    renewal = NodeRenewal(session, peer)
    assert not renewal.unfinished
    mark_for_restart(peer.folder)
    assert renewal.unfinished
    unmark(peer.folder)
    assert not renewal.unfinished
    for holder in (peer.node, f"chaincode.{peer.node}.kindpakket"):
        issue_pending(issuer(session.home, peer.organisation), issues_of(session, holder)[0])
        assert renewal.unfinished
        renewal.run()
        assert not renewal.unfinished


def test_a_peers_connections_get_its_new_certificate_and_keep_the_rest(session: Session) -> None:
    peer = session.inventory.peers[0]
    server = next(one for one in session.inventory.chaincodes if one.peer == peer)
    assert isinstance(server, ChaincodeServer)
    server.write_connection("one")
    copy = peer.folder / "data" / COPIES.replace("*", "one-abc")
    write(copy, peer.connection("one").read_bytes(), mode=0o600)
    before = json.loads(copy.read_text())
    refresh(peer)
    assert json.loads(copy.read_text()) == before
    tls = next(one for one in issues_of(session, peer.node) if one.authority == "tlsca")
    issue_pending(issuer(session.home, peer.organisation), tls)
    NodeRenewal(session, peer).run()
    for path in (copy, peer.connection("one")):
        after = json.loads(path.read_text())
        assert after["client_cert"] == (peer.folder / "tls" / "cert.pem").read_text()
        assert after["client_key"] == (peer.folder / "tls" / "key.pem").read_text() != before["client_key"]
        assert {**after, "client_cert": "", "client_key": ""} == {
            **before,
            "client_cert": "",
            "client_key": "",
        }
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_operations_endpoint_of_a_ca_server_wants_certificates_of_its_own_authority(
    session: Session,
) -> None:
    authority = session.inventory.authorities["gemeente"]
    authority.program(session.programs)
    configuration = (authority.folder / "fabric-ca-server-config.yaml").read_text()
    operations = configuration[configuration.index("operations:") : configuration.index("metrics:")]
    assert "clientCertRequired: true" in operations
    assert "clientCACertFiles: [ca-cert.pem]" in operations
    certificate, key = authority.folder / OPERATIONS, authority.folder / OPERATIONS_KEY
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    present = x509.load_pem_x509_certificate(certificate.read_bytes())
    hosts = present.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert hosts.get_values_for_type(x509.DNSName) == ["ca.gemeente", "localhost"]
    authority.program(session.programs)
    assert x509.load_pem_x509_certificate(certificate.read_bytes()) == present
    assert ("ca.gemeente", "operations") in names(renewable(session))
    discard_certificates(authority.folder)
    assert expiry_of(authority.folder / SERVICE) is None
    assert not key.exists()


def test_a_new_certificate_comes_with_the_list_of_revoked_ones(session: Session) -> None:
    write(session.home.organisation("regie") / "msp" / CRL, b"list")
    identity = issues_of(session, "orderer.regie")[0]
    issue_pending(issuer(session.home, "regie"), identity)
    assert (pending_folder(identity.folder) / CRL).read_bytes() == b"list"


@pytest.mark.parametrize(
    ("organisation", "name", "words"),
    [
        ("winkels", "admin", "is the administrator of winkels"),
        ("regie", "orderer.regie", "is a consenter of zuidhorn"),
        ("winkels", "clerk", "winkels has no user or node 'clerk'"),
    ],
)
def test_what_the_network_cannot_do_without_is_not_revoked(
    shared: Session, organisation: str, name: str, words: str
) -> None:
    with pytest.raises(NetworkError, match=words):
        Revocation(shared, organisation).run(name)


def test_all_and_a_number_of_days_exclude_one_another(shared: Session) -> None:
    arguments = ["renew", "--all", "--expiring-within", "3", "--home", str(shared.home.root)]
    answer = CliRunner().invoke(network, arguments)
    assert answer.exit_code == 2
    assert "and not both" in answer.output


def test_certificates_of_a_day_are_due_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Issuer, "days", 1)
    session = filled(tmp_path, Topology.packaged("kindpakket"))
    assert len(due(session, within_days=30)) == len(renewable(session))


def test_certificates_that_a_bundle_brought_are_not_ours_to_watch(session: Session) -> None:
    folder = session.home.node("orderer.regie")
    (folder / "tls" / "key.pem").unlink()
    shutil.rmtree(folder / "msp" / "keystore")
    (folder / "msp" / "enrolment.json").unlink()
    assert "orderer.regie" not in {one.holder for one in expiries(session.home)}


@pytest.mark.parametrize(("late", "expected"), [(0, True), (1, True), (2, False)])
def test_consenters_keep_pace_when_none_is_behind_by_more_than_bft_allows(
    shared: Session, monkeypatch: pytest.MonkeyPatch, late: int, expected: bool
) -> None:
    monkeypatch.setattr(stalled_consenters, "_STEADY", 0.2)
    monkeypatch.setattr(stalled_consenters, "_HEALED", 0.6)
    slow = "orderer.winkels"
    monkeypatch.setattr(StalledConsenters, "_height", lambda _, node: 10 - (late if node.node == slow else 0))
    channel = shared.topology.channel("zuidhorn")
    assert StalledConsenters(shared, channel).keep_pace() is expected
    spared = next(one for one in shared.inventory.orderers if one.node == slow)
    assert StalledConsenters(shared, channel).keep_pace(but=spared)
