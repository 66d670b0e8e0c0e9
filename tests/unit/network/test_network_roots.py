"""How the renewal of an organisation's roots is kept on disk, and what its files trust meanwhile."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest
import yaml
from issuing import Issuer, filled, self_signed

from kindpakket_network import NetworkError, Topology
from kindpakket_network.certificates import foreign_roots
from kindpakket_network.certificates.damage import damages
from kindpakket_network.certificates.enrolment import (
    issue_pending,
    read_roots,
    refresh_trust,
    write_organisation,
    write_roots,
)
from kindpakket_network.certificates.expiry import certificate_warnings
from kindpakket_network.certificates.foreign_roots import ForeignRoots, RootSet, named_roots
from kindpakket_network.certificates.revocation import Revocation
from kindpakket_network.certificates.root_renewal import RootRenewal, unfinished_roots
from kindpakket_network.channel import messages as m
from kindpakket_network.channel.configuration import Configuration
from kindpakket_network.nodes.authority import IDENTITIES, TLS
from kindpakket_network.nodes.authority_roots import Roots, key_file
from kindpakket_network.nodes.pending import activate
from kindpakket_network.nodes.session import Session
from kindpakket_network.programs.home import write

NAME = "winkels"


@pytest.fixture
def session(tmp_path: Path) -> Session:
    made = filled(tmp_path, Topology.packaged("kindpakket"))
    authority = made.inventory.authorities[NAME]
    made.inventory.authorities[NAME] = Issuer(made.home, NAME, authority.ports)
    return made


def roots_of(session: Session) -> Roots:
    return session.inventory.authorities[NAME].roots


def make_next(session: Session) -> dict[str, bytes]:
    """New roots as the CA server makes them; the keys are also where the unit tests' issuer finds them."""
    authority, made = session.inventory.authorities[NAME], {}
    folder = authority.folder / ".next"
    for kind in (TLS, IDENTITIES):
        root = self_signed(f"{kind}.{NAME}", 6000)
        path = folder / authority.certificate(kind).relative_to(authority.folder)
        write(path, root.certificate)
        write(key_file(path), root.key)
        made[kind] = root.key
    authority.roots.keep_next(folder)
    return made


def folders(session: Session) -> list[Path]:
    return [
        session.home.organisation(NAME),
        *(path for path in (session.home.root / "nodes").glob(f"peer*.{NAME}")),
    ]


def spread(session: Session) -> None:
    """Have the organisation's files trust what they should."""
    authority = session.inventory.authorities[NAME]
    write_organisation(authority, session.home.organisation(NAME))
    for issue in session.inventory.issues(session.topology, session.home, NAME):
        refresh_trust(authority, issue)


def counts(session: Session) -> list[tuple[int, int, int]]:
    """The number of trusted identity and TLS roots in the organisation's and a peer's files."""
    return [
        (
            len(list((folder / "msp/cacerts").iterdir())),
            len(list((folder / "msp/tlscacerts").iterdir())),
            (folder / "tls/ca.pem").read_bytes().count(b"BEGIN CERTIFICATE"),
        )
        for folder in folders(session)
    ]


def told(session: Session) -> Sequence[object]:
    return damages(session.topology, session.home, session.inventory)


def test_the_steps_of_a_renewal(session: Session) -> None:
    authority = session.inventory.authorities[NAME]
    old = authority.certificate(IDENTITIES).read_bytes()
    assert (roots_of(session).phase, unfinished_roots(session.inventory, [NAME])) == ("settled", [])
    keys = make_next(session)
    assert roots_of(session).phase == "introducing"
    spread(session)
    assert counts(session) == [(2, 2, 2)] * 2
    roots_of(session).note_channels()
    assert roots_of(session).changed_channels() is not None
    roots_of(session).note_done()
    assert roots_of(session).phase == "introduced"
    assert f"kindpakket network roots replace {NAME}" in unfinished_roots(session.inventory, [NAME])[0]
    assert authority.certificate(IDENTITIES).read_bytes() == old
    assert told(session) == []

    roots_of(session).replace()
    assert roots_of(session).phase == "replacing"
    roots_of(session).replace()  # again, after it was killed
    assert authority.certificate(IDENTITIES).read_bytes() != old
    assert authority.trusted(IDENTITIES)[0] == old
    for kind in (IDENTITIES, TLS):
        certificate = authority.certificate(kind)
        (key,) = (certificate.parent / "msp" / "keystore").glob("*_sk")
        assert key.read_bytes() == keys[kind]
        write(certificate.with_name(f"{kind}.root-key.pem"), keys[kind])
    assert told(session) == []  # certificates of the old roots are still good
    renewal = RootRenewal(session, (NAME,))
    assert len(renewal.outdated()) > 4
    with pytest.raises(NetworkError, match="are replacing the old ones"):
        renewal.retire()
    for issue in session.inventory.issues(session.topology, session.home, NAME):
        issue_pending(authority, issue)
        activate(issue.folder)
    assert renewal.outdated() == []
    roots_of(session).note_done()
    assert roots_of(session).phase == "replaced"
    assert counts(session) == [(2, 2, 2)] * 2

    roots_of(session).begin_retiring()
    assert roots_of(session).phase == "retiring"
    assert told(session) == []  # before the files are changed
    spread(session)
    assert counts(session) == [(1, 1, 1)] * 2
    assert told(session) == []
    roots_of(session).end_retiring()
    assert roots_of(session).phase == "settled"
    assert told(session) == []
    assert old not in authority.trusted(IDENTITIES)


def test_units_count_under_either_root_while_they_overlap(session: Session) -> None:
    def certificate() -> object:
        text = (session.home.organisation(NAME) / "msp/config.yaml").read_text("utf-8")
        return yaml.safe_load(text)["NodeOUs"]["PeerOUIdentifier"].get("Certificate")

    assert certificate() == "cacerts/ca.pem"
    make_next(session)
    spread(session)
    assert certificate() is None


def test_a_replacement_that_was_killed_halfway_is_completed(session: Session) -> None:
    authority = session.inventory.authorities[NAME]
    make_next(session)
    roots_of(session).note_done()
    inner = authority.certificate(TLS).relative_to(authority.folder)
    write(authority.folder / "previous" / inner, authority.certificate(TLS).read_bytes())
    assert roots_of(session).phase == "replacing"
    roots_of(session).replace()
    assert not (authority.folder / "next").exists()
    assert len(authority.trusted(IDENTITIES)) == len(authority.trusted(TLS)) == 2


def test_a_root_of_somebody_else_is_still_found(session: Session) -> None:
    make_next(session)
    spread(session)
    write(session.home.node(f"peer0.{NAME}") / "tls/ca.pem", self_signed("stranger", 9).certificate)
    assert "another root certificate" in str(told(session)[0])


def test_nobody_is_revoked_while_the_old_roots_retire(session: Session) -> None:
    make_next(session)
    roots_of(session).replace()
    with pytest.raises(NetworkError, match="finish it with `kindpakket network roots`"):
        Revocation(session, NAME).run(f"peer0.{NAME}")


def acting_for(session: Session, name: str) -> Session:
    """The same home, acting for one organisation only."""
    write(session.home.own_organisations, json.dumps({"organisations": [name]}))
    return Session(session.topology, session.home, session.processes, session.programs, session.progress)


def named(msp: str, identities: Sequence[bytes], tls: Sequence[bytes]) -> Configuration:
    """A channel that names these roots of an organisation."""
    group = m.configtx.ConfigGroup()
    config = m.msp_config.FabricMSPConfig(name=msp, root_certs=identities, tls_root_certs=tls)
    value = m.msp_config.MSPConfig(config=config.SerializeToString()).SerializeToString()
    group.groups["Application"].groups[msp].values["MSP"].value = value
    return Configuration("zuidhorn", 7, group, 2, b"")


def test_an_organisation_renews_its_roots_in_a_home_of_its_own(session: Session) -> None:
    alone = acting_for(session, NAME)
    renewal = RootRenewal(alone, (NAME,))
    assert "ca.winkels: makes new roots, which it does not use yet" in list(renewal.steps("introduce"))
    make_next(session)
    roots_of(session).note_done()
    (sentence,) = unfinished_roots(alone.inventory, [NAME], whole=False)
    assert "have every other organisation run `kindpakket network up`" in sentence
    (sentence,) = unfinished_roots(alone.inventory, [NAME])
    assert "every other organisation" not in sentence


def test_the_homes_of_others_trust_what_the_channels_name(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = session.inventory.authorities[NAME]
    old = (authority.trusted(IDENTITIES), authority.trusted(TLS))
    make_next(session)
    both = (authority.trusted(IDENTITIES), authority.trusted(TLS))
    write_roots(session.home.organisation(NAME), *old)
    other, channels = acting_for(session, "gemeente"), session.topology.channels
    states = [
        (named("WinkelsMSP", *both), both),
        (named("WinkelsMSP", *(roots[1:] for roots in both)), tuple(roots[1:] for roots in both)),
    ]
    for configuration, expected in states:
        monkeypatch.setattr(foreign_roots, "current", lambda *_, found=configuration: found)
        assert list(ForeignRoots(other, channels).changed()) == [NAME]
        ForeignRoots(other, channels).take()
        assert read_roots(session.home.organisation(NAME)) == expected
        assert ForeignRoots(other, channels).changed() == {}
        assert ForeignRoots(acting_for(session, NAME), channels).changed() == {}
        acting_for(session, "gemeente")


def test_an_old_root_is_trusted_while_a_channel_names_it() -> None:
    old, new = (self_signed(name, 9).certificate for name in ("old", "new"))
    found = named_roots([named("X", [old], [old]), named("X", [new], [new]), named("Y", [new], [new])])
    assert found == {
        "X": RootSet(frozenset({old, new}), frozenset({old, new})),
        "Y": RootSet(frozenset({new}), frozenset({new})),
    }


def test_an_authority_that_ends_names_the_command(session: Session) -> None:
    shutil.rmtree(session.home.node(f"peer0.{NAME}"))
    warnings = certificate_warnings(session.home, 5001)
    assert any(f"kindpakket network roots introduce {NAME}" in warning for warning in warnings)
