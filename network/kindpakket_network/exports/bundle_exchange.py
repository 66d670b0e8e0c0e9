"""Exports this home's organisations' bundles, and imports those of others."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from cryptography import x509

from kindpakket_network.certificates.enrolment import write_roots
from kindpakket_network.errors import NetworkError
from kindpakket_network.exports.bundle import Bundle, Consenter, fingerprint
from kindpakket_network.exports.bundle_rules import mistakes_in
from kindpakket_network.nodes.orderer import Orderer
from kindpakket_network.nodes.session import Session
from kindpakket_network.programs.home import write


def bundle_of(session: Session, organisation: str) -> Bundle:
    """The bundle of an organisation that this home acts for.

    Raises:
        NetworkError: this home does not act for it, or it has no certificates yet.
    """
    if organisation not in session.own_organisations:
        raise NetworkError(
            f"{session.home.root} does not act for {organisation!r}: use one of "
            f"{', '.join(session.own_organisations)}, or ask the organisation for its bundle"
        )
    if session.inventory.authorities[organisation].roots.phase != "settled":
        raise NetworkError(
            f"the roots of {organisation} are being renewed, and a bundle has one of each: finish it with "
            "`kindpakket network roots` first"
        )
    msp = session.home.organisation(organisation) / "msp"
    orderer = next(
        (candidate for candidate in session.inventory.orderers if candidate.organisation == organisation),
        None,
    )
    try:
        return Bundle(
            network=session.topology.name,
            organisation=organisation,
            msp=session.topology.organisation(organisation).msp,
            identity_root=(msp / "cacerts" / "ca.pem").read_text("ascii"),
            tls_root=session.home.tls_root(organisation).read_text("ascii"),
            revocations={path.name: path.read_text("ascii") for path in sorted((msp / "crls").glob("*.pem"))},
            consenter=None if orderer is None else _consenter(orderer),
        )
    except FileNotFoundError as error:
        raise NetworkError(
            f"{organisation} has no certificates yet ({error.filename} does not exist): run "
            "`kindpakket network up` first"
        ) from error


def admit(session: Session, bundle: Bundle, source: str) -> bool:
    """Import another organisation's bundle into the home.

    A renewed certificate of an orderer is stored as pending, next to the present one.

    Args:
        session: the network.
        bundle: the bundle.
        source: its name in error messages.

    Returns:
        Whether anything in it was new.

    Raises:
        NetworkError: it does not match the topology, is inconsistent, or has roots other than the known ones.
    """
    mistakes = mistakes_in(bundle, session.topology)
    if mistakes:
        lines = "".join(f"\n  {mistake}" for mistake in mistakes)
        count = "1 problem" if len(mistakes) == 1 else f"{len(mistakes)} problems"
        raise NetworkError(f"{source} is rejected: {count} found{lines}")
    name = bundle.organisation
    if name in session.own_organisations:
        if bundle != bundle_of(session, name):
            raise NetworkError(
                f"{source} differs from this home, which acts for {name}: give out this home's bundle instead"
            )
        return False
    folder = session.home.organisation(name)
    known = {
        folder / "msp" / "cacerts" / "ca.pem": bundle.identity_root,
        folder / "tls" / "ca.pem": bundle.tls_root,
    }
    for path, root in known.items():
        if path.is_file() and fingerprint(path.read_text("ascii")) != fingerprint(root):
            raise NetworkError(
                f"{source} has a different root from the one in {path}: ask {name} through another channel "
                "which is right; a new root is only valid once the channels name it"
            )
    for file, text in bundle.revocations.items():
        present = folder / "msp" / "crls" / file
        if present.is_file() and _made(text) < _made(present.read_text("ascii")):
            raise NetworkError(
                f"{source} is older than this home's bundle of {name}, and its {file} would undo "
                f"revocations: ask {name} for its present bundle"
            )
    before = _state(session, bundle)
    if bundle.consenter is not None:
        orderer = next(
            candidate for candidate in session.inventory.orderers if candidate.organisation == name
        )
        _place(orderer.folder / "msp", "signcerts/cert.pem", bundle.consenter.identity)
        _place(orderer.folder / "tls", "cert.pem", bundle.consenter.tls)
    for file, text in bundle.revocations.items():
        write(folder / "msp" / "crls" / file, text)
    # The roots come last: once they exist, the organisation counts as known.
    write_roots(folder, [bundle.identity_root.encode()], [bundle.tls_root.encode()])
    return before != _state(session, bundle)


def _place(folder: Path, name: str, text: str) -> None:
    """Store a certificate, as pending if there already is a different one."""
    present = folder / name
    if not present.is_file():
        write(present, text)
    elif present.read_text("ascii") != text:
        write(folder.with_name(f"{folder.name}.next") / name, text)


def _consenter(orderer: Orderer) -> Consenter:
    def newest(folder: str, name: str) -> str:
        following = orderer.folder / f"{folder}.next" / name
        return (following if following.is_file() else orderer.folder / folder / name).read_text("ascii")

    return Consenter(newest("msp", "signcerts/cert.pem"), newest("tls", "cert.pem"))


def _state(session: Session, bundle: Bundle) -> dict[Path, bytes]:
    name = bundle.organisation
    folders = [session.home.organisation(name), session.home.node(f"orderer.{name}")]
    return {path: path.read_bytes() for folder in folders for path in folder.rglob("*.pem")}


def _made(revocations: str) -> datetime:
    return x509.load_pem_x509_crl(revocations.encode()).last_update_utc
