"""Keys in PKCS#11 tokens: what a topology may say, what nodes are given, and what is never written down.

The token itself is a stand-in here; `tests/network/test_operations_tokens.py` uses SoftHSM.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from issuing import filled

from kindpakket_network import NetworkError, Topology, TopologyError
from kindpakket_network.certificates import damage
from kindpakket_network.certificates.damage import damages
from kindpakket_network.certificates.enrolment import discard_superseded
from kindpakket_network.certificates.expiry import expiries
from kindpakket_network.description.changes import changes
from kindpakket_network.exports.bevel import files
from kindpakket_network.exports.units import units
from kindpakket_network.nodes.authority import IDENTITIES, TLS
from kindpakket_network.nodes.authority_roots import key_file
from kindpakket_network.nodes.inventory import Inventory
from kindpakket_network.nodes.orderer import Orderer
from kindpakket_network.nodes.own_tokens import ensure_tokens, uses_tokens
from kindpakket_network.nodes.peer import Peer
from kindpakket_network.nodes.session import Session
from kindpakket_network.programs import token as tokens
from kindpakket_network.programs.home import Home, write
from kindpakket_network.programs.process import Processes
from kindpakket_network.programs.supervision import supervise
from kindpakket_network.programs.token import TokenError, TokenKeys, key_id_of, read_pin

PIN = "918273"
OWN = "gemeente"
NODES = ("orderer.gemeente", "peer0.gemeente")


@pytest.fixture
def pin_file(tmp_path: Path) -> Path:
    path = tmp_path / "pin"
    write(path, f"{PIN}\n", mode=0o600)
    return path


@pytest.fixture
def library(tmp_path: Path) -> Path:
    path = tmp_path / "library.so"
    path.touch()
    return path


def document(library: object, pin_file: object, /, **more: Any) -> dict[str, Any]:
    """The packaged topology, whose first organisation keeps its keys in a token."""
    made: dict[str, Any] = json.loads(json.dumps(Topology.packaged("kindpakket").document))
    token = {"library": str(library), "label": "town", "pin_file": str(pin_file), **more}
    made["organisations"][0]["keys"] = {"pkcs11": token}
    return made


@pytest.fixture
def topology(library: Path, pin_file: Path, tmp_path: Path) -> Topology:
    return Topology.read(document(library, pin_file, environment={"VENDOR_CONF": "/etc/vendor"}), tmp_path)


def in_files(topology: Topology) -> Topology:
    """The same network without a token."""
    organisations = tuple(replace(known, token=None) for known in topology.organisations)
    return replace(topology, organisations=organisations)


@pytest.fixture
def session(topology: Topology, tmp_path: Path) -> Session:
    """A home whose first organisation has its keys in a token, so not in files."""
    made = replace(filled(tmp_path / "home", in_files(topology)), topology=topology)
    for node in NODES:
        (made.home.node(node) / "msp" / "keystore" / "key.pem").unlink()
    return made


class Held:
    """Takes the place of the keys in a token."""

    def __init__(self) -> None:
        self.keys: set[bytes] = set()
        self.kept: list[set[bytes]] = []

    def pairs(self) -> set[bytes]:
        return self.keys

    def delete_labelled(self, label: str, but: Collection[bytes]) -> None:
        self.kept.append(set(but))


@pytest.fixture
def held(session: Session, monkeypatch: pytest.MonkeyPatch) -> Held:
    made = Held()
    made.keys = {
        identifier
        for node in NODES
        if (identifier := key_id_of(session.home.node(node) / "msp" / "signcerts" / "cert.pem"))
    }
    for name in ("pairs", "delete_labelled"):
        monkeypatch.setattr(TokenKeys, name, lambda _, *arguments, name=name: getattr(made, name)(*arguments))
    monkeypatch.setattr(damage, "_lost", lambda *_: None)
    for kind in (IDENTITIES, TLS):
        root = key_id_of(session.inventory.authorities[OWN].certificate(kind))
        assert root is not None
        made.keys.add(root)
    return made


def test_a_topology_names_one_token_for_all_nodes_of_an_organisation(topology: Topology) -> None:
    token = topology.organisation(OWN).token
    assert token is not None
    assert token.environment == (("VENDOR_CONF", "/etc/vendor"),)
    inventory = Inventory.of(topology, Home(Path("/nowhere")))
    assert inventory.authorities[OWN].token == token
    nodes = {node.node: node.token for node in (*inventory.orderers, *inventory.peers)}
    assert {node for node, used in nodes.items() if used == token} == set(NODES)
    assert Topology.read(topology.document, Path("/")).organisation(OWN).token == token


@pytest.mark.parametrize(
    ("changed", "place", "words"),
    [
        ({"library": "softhsm.so"}, "library", "give the absolute path of the vendor's PKCS#11 library"),
        ({"pin_file": None}, "pin_file", "give the absolute path of the file with the user's PIN"),
        ({"label": ""}, "label", "give the token's label"),
        ({"pin": "1234"}, "pin", "is not allowed here"),
        ({"environment": {"A": 1}}, "environment.A", "give variables as NAME: value"),
    ],
)
def test_a_token_that_is_badly_described_is_told(changed: dict[str, Any], place: str, words: str) -> None:
    with pytest.raises(TopologyError) as caught:
        Topology.read(document("/library.so", "/pin", **changed), Path("/"))
    (mistake,) = caught.value.mistakes
    assert mistake.place == f"organisations[0].keys.pkcs11.{place}"
    assert words in mistake.words


def test_one_library_reads_its_variables_once(tmp_path: Path) -> None:
    made = document("/library.so", "/pin", environment={"A": "1"})
    made["organisations"][1]["keys"] = {
        "pkcs11": {"library": "/library.so", "label": "other", "pin_file": "/pin", "environment": {"A": "2"}}
    }
    with pytest.raises(TopologyError, match="'2' is not '1', which another organisation gives"):
        Topology.read(made, tmp_path)
    made["organisations"][1]["keys"]["pkcs11"]["library"] = "/other.so"
    assert Topology.read(made, tmp_path).organisation("winkels").token is not None


def test_what_is_missing_beside_the_topology_is_told_with_its_place(
    topology: Topology, library: Path, pin_file: Path
) -> None:
    def told() -> str:
        with pytest.raises(TopologyError) as caught:
            ensure_tokens(topology, [OWN])
        (mistake,) = caught.value.mistakes
        return f"{mistake.place.removeprefix('organisations[0].keys.pkcs11.')}: {mistake.words}"

    pin_file.chmod(0o640)
    assert told() == f"pin_file: other users can read the PIN in {pin_file}: run chmod 600 {pin_file}"
    write(pin_file, "\n", mode=0o600)
    assert "must hold the PIN of the PKCS#11 token 'town' on one line" in told()
    pin_file.unlink()
    assert told().startswith(f"pin_file: {pin_file} cannot be read")
    write(pin_file, PIN, mode=0o600)
    library.unlink()
    assert told().startswith(f"library: {library} is missing: install the library")


def test_the_package_for_tokens_is_asked_for(topology: Topology, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pkcs11", None)
    with pytest.raises(TopologyError, match=r"pip install 'kindpakket\[pkcs11\]'"):
        ensure_tokens(topology, [OWN])


def test_only_homes_that_act_for_its_organisation_need_a_token(topology: Topology) -> None:
    assert uses_tokens(topology, [OWN, "winkels"])
    assert not uses_tokens(topology, ["winkels"])
    ensure_tokens(topology, ["winkels"])


def environment_of(session: Session, node: str) -> dict[str, str]:
    found = session.inventory.find(node)
    assert isinstance(found, Peer | Orderer)
    return found.environment()


@pytest.mark.parametrize("node", NODES)
def test_nodes_get_the_token_in_their_environment_and_the_pin_apart_from_it(
    session: Session, node: str
) -> None:
    environment = environment_of(session, node)
    prefix = "CORE_PEER_BCCSP_PEER_BCCSP" if node.startswith("peer") else "ORDERER_GENERAL_BCCSP"
    assert environment[f"{prefix}_DEFAULT"] == "PKCS11"
    assert environment[f"{prefix}_PKCS11_LABEL"] == "town"
    assert environment["VENDOR_CONF"] == "/etc/vendor"
    # Otherwise an orderer logs the PIN when it starts, and both do at debug.
    assert ":bccsp_p11=info:orderer.common.server=warning" in environment["FABRIC_LOGGING_SPEC"]
    assert PIN not in str(environment)
    assert tokens.pin_variable(session.topology.organisation(OWN).token, prefix) == {
        f"{prefix}_PKCS11_PIN": PIN
    }


def test_a_running_network_may_gain_a_token(topology: Topology) -> None:
    (change,) = changes(in_files(topology), topology)
    assert change.place == "organisations.gemeente.keys.pkcs11"
    assert change.words.startswith("none becomes the PKCS#11 token 'town' for keys that are made")
    assert change.advice is None


def test_a_node_whose_key_is_still_in_a_file_goes_on_with_it(topology: Topology, tmp_path: Path) -> None:
    """A topology that gains a token changes no running node: its next renewal makes a key in the token."""
    session = replace(filled(tmp_path / "home", in_files(topology)), topology=topology)
    for node in NODES:
        assert not [name for name in environment_of(session, node) if "BCCSP" in name]


def test_the_pin_is_in_no_file_of_the_home(session: Session) -> None:
    authority = session.inventory.authorities[OWN]
    program = authority.program(session.programs)
    assert program.secrets == {"FABRIC_CA_SERVER_BCCSP_PKCS11_PIN": PIN}
    assert program.environment["FABRIC_CA_SERVER_LOGLEVEL"] == "warning"  # at info it logs the PIN
    assert PIN not in repr(program)
    written = [path.read_bytes() for path in session.home.root.rglob("*") if path.is_file()]
    assert any(b"default: PKCS11" in content for content in written)
    assert not any(PIN.encode() in content for content in written)


def test_an_authority_whose_roots_are_in_files_goes_on_with_them(session: Session) -> None:
    authority = session.inventory.authorities[OWN]
    assert authority.used_token is not None
    write(key_file(authority.certificate(TLS)), "the key")
    assert authority.used_token is None


def test_a_service_manager_would_need_the_pin_in_a_file_and_is_refused(session: Session) -> None:
    supervise(session.home, True)
    program = session.inventory.authorities[OWN].program(session.programs)
    with pytest.raises(NetworkError, match=r"PKCS#11 token, whose PIN .* `up --unsupervised`"):
        Processes(session.home).start(program)
    assert not session.home.environment(program.node).exists()


def test_units_are_not_written_for_nodes_that_a_service_manager_could_not_start(session: Session) -> None:
    others = [known.name for known in session.topology.organisations if known.name != OWN]
    assert units(session.topology, session.home, others, "kindpakket")
    with pytest.raises(TopologyError, match=rf"keys\.pkcs11: {OWN} keeps keys in a token: .*--unsupervised"):
        units(session.topology, session.home, [*others, OWN], "kindpakket")


def test_resources_for_kubernetes_are_not_written_with_other_keys_than_the_topology_says(
    session: Session,
) -> None:
    assert files(in_files(session.topology), "registry/chaincode:1")
    with pytest.raises(TopologyError, match=rf"{OWN} keeps keys in a token: .* Remove `keys`"):
        files(session.topology, "registry/chaincode:1")


def told(session: Session) -> list[str]:
    return [str(found) for found in damages(session.topology, session.home, session.inventory)]


def test_a_key_that_the_token_no_longer_has_is_told_with_the_command_that_repairs_it(
    session: Session, held: Held
) -> None:
    assert told(session) == []
    lost = key_id_of(session.home.node("peer0.gemeente") / "msp" / "signcerts" / "cert.pem")
    held.keys -= {lost} if lost else set()
    (line,) = told(session)
    assert line.startswith(
        "the identity certificate of peer0.gemeente has no key in the PKCS#11 token 'town'"
    )
    assert line.endswith(": run `kindpakket network renew peer0.gemeente`")


def test_a_root_that_the_token_no_longer_has_is_told(session: Session, held: Held) -> None:
    held.keys -= {key_id_of(session.inventory.authorities[OWN].certificate(IDENTITIES)) or b""}
    (line,) = told(session)
    assert line.startswith("ca.gemeente has no key in the PKCS#11 token 'town': restore the token")


def test_a_token_that_cannot_be_used_is_told_once(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: TokenKeys) -> set[bytes]:
        raise TokenError("label", "it was pulled out")

    monkeypatch.setattr(TokenKeys, "pairs", refuse)
    (line,) = told(session)
    assert "the keys of gemeente cannot be used" in line
    assert "it was pulled out" in line


def test_certificates_with_keys_in_a_token_are_watched(session: Session) -> None:
    watched = {(found.holder, found.use) for found in expiries(session.home)}
    assert {(node, "identity") for node in NODES} <= watched


def test_superseded_keys_are_deleted_and_those_of_pending_certificates_kept(
    session: Session, held: Held
) -> None:
    (issue,) = (
        issue
        for issue in session.inventory.issues(session.topology, session.home, OWN)
        if issue.token is not None and issue.name == "peer0.gemeente"
    )
    certificate = issue.folder / "signcerts" / "cert.pem"
    following = session.home.node("orderer.gemeente") / "msp" / "signcerts" / "cert.pem"
    write(issue.folder.with_name("msp.next") / "signcerts" / "cert.pem", following.read_bytes())
    authority = session.inventory.authorities[OWN]
    discard_superseded(authority, issue)
    assert held.kept == [{key_id_of(certificate), key_id_of(following)}]
    certificate.unlink()
    (issue.folder.with_name("msp.next") / "signcerts" / "cert.pem").unlink()
    discard_superseded(authority, issue)  # a lost certificate may come back from a backup
    assert len(held.kept) == 1


def test_a_pin_is_read_without_its_line_end(topology: Topology) -> None:
    token = topology.organisation(OWN).token
    assert token is not None
    assert read_pin(token) == PIN
