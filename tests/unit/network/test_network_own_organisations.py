"""Homes that act for some organisations, and what they tell one another."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import NameOID

from kindpakket_cli.network.group import network as commands
from kindpakket_network import Network, NetworkError, Topology
from kindpakket_network.chaincodes.deployment import CommittedDefinition, Deployment
from kindpakket_network.chaincodes.package import Package
from kindpakket_network.channel.genesis import genesis_block, lacking_bundles
from kindpakket_network.description.policy import satisfied
from kindpakket_network.errors import CommandFailed, Waiting
from kindpakket_network.exports.admission import admit
from kindpakket_network.exports.bundle import Bundle, Consenter
from kindpakket_network.exports.bundle_rules import mistakes_in
from kindpakket_network.nodes.deployment_record import DeploymentRecord
from kindpakket_network.nodes.own_organisations import choose_organisations, own_organisations
from kindpakket_network.nodes.serving import Serving
from kindpakket_network.nodes.session import Session
from kindpakket_network.programs.deferral import deferring
from kindpakket_network.programs.fabric import Programs
from kindpakket_network.programs.home import Home, write
from kindpakket_network.programs.process import Processes

NOW = datetime.now(UTC).replace(microsecond=0)
DAY = timedelta(days=1)
WINKELS = "winkels"


class Authority:
    """Issues certificates as an organisation's CA does."""

    def __init__(self, name: str) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = name
        self.root = self.issue(name, authority=True)

    def issue(
        self,
        name: str,
        unit: str = "client",
        host: str = "127.0.0.1",
        days: int = 30,
        authority: bool = False,
    ) -> str:
        key = self.key if authority else ec.generate_private_key(ec.SECP256R1())
        subject = [x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, unit)]
        if authority:
            subject = []
        names = x509.SubjectAlternativeName([x509.DNSName(host)])
        certificate = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([*subject, x509.NameAttribute(NameOID.COMMON_NAME, name)]))
            .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, self.name)]))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(NOW - timedelta(days=60))
            .not_valid_after(NOW + timedelta(days=days))
            .add_extension(x509.BasicConstraints(authority, 0 if authority else None), critical=True)
            .add_extension(names, critical=False)
            .sign(self.key, SHA256())
        )
        return certificate.public_bytes(serialization.Encoding.PEM).decode()


IDENTITIES, TLS = Authority("ca.winkels"), Authority("tlsca.winkels")


@pytest.fixture(scope="module")
def topology() -> Topology:
    return Topology.packaged("kindpakket")


@pytest.fixture
def session(topology: Topology, tmp_path: Path) -> Iterator[Session]:
    """A home that acts for the municipality."""
    home = Home(tmp_path / "home")
    home.create()
    choose_organisations(topology, home, ["gemeente"])
    yield Session(topology, home, Processes(home), Programs(tmp_path, tmp_path), print)


@pytest.fixture
def bundle() -> Bundle:
    consenter = Consenter(IDENTITIES.issue("orderer.winkels", "orderer"), TLS.issue("orderer.winkels"))
    return Bundle("kindpakket", WINKELS, "WinkelsMSP", IDENTITIES.root, TLS.root, {}, consenter)


def test_a_home_acts_for_all_organisations_until_it_is_told_which(topology: Topology, tmp_path: Path) -> None:
    home = Home(tmp_path)
    assert own_organisations(topology, home) == ("gemeente", "winkels", "auditor", "regie")
    choose_organisations(topology, home, ["regie", "gemeente"])
    assert own_organisations(topology, home) == ("gemeente", "regie")
    choose_organisations(topology, home, [])
    assert own_organisations(topology, home) == ("gemeente", "regie")
    with pytest.raises(NetworkError, match="no organisation 'nobody': use some of gemeente, winkels"):
        choose_organisations(topology, home, ["nobody"])


def test_a_home_that_lives_does_not_change_its_side(topology: Topology, tmp_path: Path) -> None:
    home = Home(tmp_path)
    write(home.topology, topology.as_yaml())
    with pytest.raises(NetworkError, match="acts for gemeente, winkels, auditor, regie, not for regie"):
        choose_organisations(topology, home, ["regie"])


def test_a_home_for_one_organisation_has_that_ones_nodes(session: Session) -> None:
    channel = session.topology.channel("zuidhorn")
    assert not session.whole
    assert [one.node for one in session.own_consenters_of(channel)] == ["orderer.gemeente"]
    assert [one.node for one in session.own_peers_on(channel)] == ["peer0.gemeente"]
    assert [one.node for one in session.consenters_of(channel)][1:3] == ["orderer.winkels", "orderer.auditor"]
    assert set(session.serving.nodes()) == {
        *("ca.gemeente", "orderer.gemeente", "peer0.gemeente"),
        "chaincode.peer0.gemeente.kindpakket",
    }


def test_a_home_does_nothing_for_an_organisation_whose_keys_are_elsewhere(
    topology: Topology, tmp_path: Path
) -> None:
    home = Home(tmp_path)
    choose_organisations(topology, home, ["gemeente"])
    write(home.topology, topology.as_yaml())
    network = Network.open(tmp_path)
    assert network.own_organisations == ("gemeente",)
    for action in (lambda: network.enrol("winkels", "till"), lambda: network.start("peer0.winkels")):
        with pytest.raises(NetworkError, match="acts for gemeente and has no keys of winkels"):
            action()
    assert not home.organisation("winkels").exists()


def test_a_profile_for_clients_elsewhere_has_its_certificate_inside(
    topology: Topology, tmp_path: Path
) -> None:
    home = Home(tmp_path)
    write(home.tls_root("winkels"), TLS.root)
    found = yaml.safe_load(Network(topology, tmp_path).portable_profile("winkels"))
    assert found["peers"]["peer0.winkels"]["tlsCACerts"] == {"pem": TLS.root}
    assert str(tmp_path) not in json.dumps(found)
    with pytest.raises(NetworkError, match="gemeente has no certificates in"):
        Network(topology, tmp_path).portable_profile("gemeente")


@pytest.mark.parametrize("as_json", [False, True])
def test_a_command_that_waits_for_others_says_so_and_ends_with_5(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, as_json: bool
) -> None:
    def waits(*_: object) -> None:
        raise Waiting(["zuidhorn waits for winkels", "and for regie"])

    monkeypatch.setattr(Network, "up", waits)
    arguments = ["up", "--home", str(tmp_path), *(["--json"] if as_json else [])]
    answer = CliRunner().invoke(commands, arguments)
    assert answer.exit_code == 5
    if as_json:
        found = json.loads(answer.stderr)["error"]
        assert found["waits_for"] == ["zuidhorn waits for winkels", "and for regie"]
        assert answer.stdout == ""
    else:
        assert "zuidhorn waits for winkels\nand for regie\n" in answer.output
        assert "Error" not in answer.output


def test_a_bundle_is_read_back_as_it_was_written(bundle: Bundle) -> None:
    assert Bundle.read(json.loads(bundle.text()), "the file") == bundle
    with pytest.raises(NetworkError, match="the file is not an organisation's bundle"):
        Bundle.read({**json.loads(bundle.text()), "more": 1}, "the file")
    with pytest.raises(NetworkError, match="a member is not text"):
        Bundle.read({**json.loads(bundle.text()), "tls_root": 1}, "the file")


def test_a_bundle_of_good_certificates_has_no_mistakes(bundle: Bundle, topology: Topology) -> None:
    assert mistakes_in(bundle, topology) == []


def consenter(identity: str | None = None, tls: str | None = None) -> Consenter:
    return Consenter(
        identity or IDENTITIES.issue("orderer.winkels", "orderer"), tls or TLS.issue("orderer.winkels")
    )


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"network": "other"}, "in network other, which is not in the topology kindpakket"),
        ({"msp": "OtherMSP"}, "winkels with the MSP id OtherMSP"),
        ({"tls_root": "-----BEGIN EC PRIVATE KEY-----"}, "contains a private key"),
        ({"tls_root": "no PEM"}, "a certificate in it cannot be read"),
        ({"tls_root": TLS.issue("x")}, "tls_root is not an authority's certificate"),
        (
            {"identity_root": Authority("other").root},
            "identity was not issued by the organisation's authority",
        ),
        ({"consenter": None}, "it has no orderer, but the topology does"),
        ({"consenter": consenter(IDENTITIES.issue("x", "peer"))}, "lacks the role orderer"),
        ({"consenter": consenter(tls=TLS.issue("x", host="elsewhere"))}, "is not valid for 127.0.0.1"),
        ({"consenter": consenter(tls=TLS.issue("x", days=-1))}, "TLS certificate expired on"),
        ({"revocations": {"../crl.pem": ""}}, "is not a valid file name"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_wrong_with_a_bundle_is_told(
    bundle: Bundle, topology: Topology, change: dict[str, object], words: str
) -> None:
    found = mistakes_in(replace(bundle, **change), topology)  # type: ignore[arg-type]
    assert any(words in mistake for mistake in found), found


def file_of(bundle: Bundle, folder: Path) -> Path:
    path = folder / "bundle.json"
    path.write_text(bundle.text(), "utf-8")
    return path


def test_an_admitted_organisation_is_known(session: Session, bundle: Bundle, tmp_path: Path) -> None:
    channel = session.topology.channel("zuidhorn")
    assert WINKELS in lacking_bundles(session, channel)
    file = file_of(bundle, tmp_path)
    assert "winkels: admitted; SHA-256" in admit(session, [file])[0]
    assert "winkels: already known" in admit(session, [file])[0]
    assert WINKELS not in lacking_bundles(session, channel)
    orderer = session.inventory.orderers[1]
    assert bundle.consenter is not None
    assert orderer.identity.read_text() == bundle.consenter.identity
    assert orderer.tls_root.read_text() == bundle.tls_root
    assert not list(session.home.root.rglob("*key*"))


def test_a_renewed_certificate_waits_beside_the_old_one(
    session: Session, bundle: Bundle, tmp_path: Path
) -> None:
    admit(session, [file_of(bundle, tmp_path)])
    renewed = replace(bundle, consenter=consenter())
    admit(session, [file_of(renewed, tmp_path)])
    orderer = session.inventory.orderers[1]
    assert bundle.consenter is not None and renewed.consenter is not None
    assert orderer.identity.read_text() == bundle.consenter.identity
    following = orderer.folder / "msp.next" / "signcerts" / "cert.pem"
    assert following.read_text() == renewed.consenter.identity


def test_another_root_is_refused(session: Session, bundle: Bundle, tmp_path: Path) -> None:
    admit(session, [file_of(bundle, tmp_path)])
    other = Authority("ca.winkels")
    identity = other.issue("orderer.winkels", "orderer")
    forged = replace(bundle, identity_root=other.root, consenter=consenter(identity))
    with pytest.raises(NetworkError, match="has different roots from those in"):
        admit(session, [file_of(forged, tmp_path)])


def revocations(made: datetime) -> str:
    builder = x509.CertificateRevocationListBuilder(
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "ca.winkels")]), made, made + timedelta(days=90)
    )
    return builder.sign(IDENTITIES.key, SHA256()).public_bytes(serialization.Encoding.PEM).decode()


def test_an_old_bundle_does_not_take_revocations_back(
    session: Session, bundle: Bundle, tmp_path: Path
) -> None:
    new, old = (replace(bundle, revocations={"ca.pem": revocations(made)}) for made in (NOW, NOW - DAY))
    for one in (old, new, new):
        admit(session, [file_of(one, tmp_path)])
    with pytest.raises(NetworkError, match=r"is older than .* ca\.pem would undo revocations"):
        admit(session, [file_of(old, tmp_path)])


@pytest.mark.parametrize("content", ["[" * 100_000, " " * (9 << 20)])
def test_a_file_that_is_meant_to_exhaust_is_refused(session: Session, tmp_path: Path, content: str) -> None:
    (tmp_path / "x.json").write_text(content)
    with pytest.raises(NetworkError, match="cannot be read"):
        admit(session, [tmp_path / "x.json"])


def test_a_file_of_something_else_is_refused(session: Session, tmp_path: Path) -> None:
    (tmp_path / "other").write_text("{}")
    with pytest.raises(NetworkError, match="neither a bundle nor a genesis block"):
        admit(session, [tmp_path / "other"])


def test_a_channel_waits_for_bundles_then_for_its_block(session: Session, bundle: Bundle) -> None:
    channel = session.topology.channel("zuidhorn")
    with pytest.raises(Waiting, match="zuidhorn waits for gemeente, winkels, auditor, regie"):
        genesis_block(session, channel)
    for name in channel.consenters:
        write(session.home.tls_root(name), "")
        write(session.home.node(f"orderer.{name}") / "msp" / "signcerts" / "cert.pem", "")
    with pytest.raises(Waiting, match="waits for its genesis block: one organisation makes it"):
        genesis_block(session, channel)


def test_what_waits_does_not_keep_the_rest_from_being_done() -> None:
    done: list[int] = []
    with pytest.raises(Waiting, match=r"one\nthree"), deferring() as deferred:
        for number, word in enumerate(("one", "two", "three")):
            with deferred():
                if number != 1:
                    raise Waiting([word])
                done.append(number)
    assert done == [1]


@pytest.fixture
def overtaken(session: Session, monkeypatch: pytest.MonkeyPatch) -> tuple[Deployment, list[str]]:
    """A deployment that is to be told what Fabric answers, and what it did."""
    channel = session.topology.channel("zuidhorn")
    deployment = Deployment(session, channel, channel.chaincodes[0])
    did: list[str] = []
    record = DeploymentRecord(1, "definition", "label", "label:0", "program")

    def approve(*_: object) -> DeploymentRecord:
        did.append("approve")
        return record

    monkeypatch.setattr(Deployment, "_record", lambda *_: record)
    monkeypatch.setattr(Deployment, "_install", lambda *_: did.append("install"))
    monkeypatch.setattr(Deployment, "_approve", approve)
    monkeypatch.setattr(Deployment, "_committed", lambda _: CommittedDefinition(0, frozenset()))
    monkeypatch.setattr(Serving, "serve", lambda *_: None)
    return deployment, did


def answers(monkeypatch: pytest.MonkeyPatch, *outputs: str) -> None:
    left = list(outputs)

    def commit(*_: object) -> None:
        if left:
            raise CommandFailed("`peer lifecycle chaincode commit` failed", left.pop(0))

    monkeypatch.setattr(Deployment, "_commit", commit)


def test_who_is_overtaken_by_another_organisation_begins_again(
    overtaken: tuple[Deployment, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    deployment, did = overtaken
    answers(
        monkeypatch,
        "transaction invalidated with status (MVCC_READ_CONFLICT)",
        "requested sequence is 1, but new definition must be sequence 2",
    )
    assert deployment._agreed(Package("kindpakket", "label", b""), Path()).sequence == 1
    assert did.count("approve") == 3


@pytest.mark.parametrize(("output", "tries"), [("access denied", 1), ("MVCC_READ_CONFLICT", 4)])
def test_what_does_not_pass_ends_a_deployment(
    overtaken: tuple[Deployment, list[str]], monkeypatch: pytest.MonkeyPatch, output: str, tries: int
) -> None:
    deployment, did = overtaken
    answers(monkeypatch, *[output] * 9)
    with pytest.raises(CommandFailed):
        deployment._agreed(Package("kindpakket", "label", b""), Path())
    assert did.count("approve") == tries


@pytest.mark.parametrize(
    ("outputs", "ends"),
    [
        ([], True),
        (["ProposalResponsePayloads do not match (base64): 'CiA' vs 'CiB'"] * 2, True),
        (["ProposalResponsePayloads do not match"] * 99, False),
        (["access denied"], False),
    ],
)
def test_a_definition_is_committed_once_all_peers_know_who_approved(
    session: Session, monkeypatch: pytest.MonkeyPatch, outputs: list[str], ends: bool
) -> None:
    """A peer that is a block behind answers as if an approval were missing."""
    channel = session.topology.channel("zuidhorn")
    deployment = Deployment(session, channel, channel.chaincodes[0])
    everyone = frozenset(organisation.msp for organisation in session.topology.organisations)
    left, asked = list(outputs), []

    class Commands:
        def commit(self, *_: object) -> None:
            asked.append("commit")
            if left:
                raise CommandFailed("`peer lifecycle chaincode commit` failed", left.pop(0))

    monkeypatch.setattr(Deployment, "_approvals", lambda *_: everyone)
    monkeypatch.setattr(Session, "answers", lambda *_: True)
    monkeypatch.setattr(Session, "orderer", lambda *_: None)
    monkeypatch.setattr(Session, "admin", lambda *_: Commands())
    monkeypatch.setattr("kindpakket_network.chaincodes.deployment._IN_STEP", 2.0)
    record = DeploymentRecord(1, "definition", "label", "label:0", "program")
    if ends:
        deployment._commit(record)
        assert len(asked) == len(outputs) + 1
    else:
        with pytest.raises(CommandFailed):
            deployment._commit(record)
        assert len(asked) == (1 if outputs == ["access denied"] else 99 - len(left)) < 99


@pytest.mark.parametrize(
    ("expression", "signers", "met"),
    [
        ("AND('A.peer', OR('B.peer', 'C.peer'))", "AB", True),
        ("AND('A.peer', OR('B.peer', 'C.peer'))", "BC", False),
        ("AND('A.peer', OR('B.peer', 'C.peer'))", "A", False),
        ("OutOf(2, 'A.peer', 'B.peer', 'C.peer')", "AC", True),
        ("OutOf(2, 'A.peer', 'B.peer', 'C.peer')", "C", False),
        ("'A.peer'", "A", True),
    ],
)
def test_who_satisfies_a_policy(expression: str, signers: str, met: bool) -> None:
    assert satisfied(expression, set(signers)) is met
