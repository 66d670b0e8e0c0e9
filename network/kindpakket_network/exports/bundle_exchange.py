"""Exports this home's organisations' bundles, and imports those of others."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from cryptography import x509

from kindpakket_network.certificates.enrolment import read_roots, write_roots
from kindpakket_network.errors import NetworkError
from kindpakket_network.exports.bundle import Bundle, Consenter
from kindpakket_network.exports.bundle_rules import mistakes_in, roots_in
from kindpakket_network.nodes.authority_roots import bundle
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
    msp = session.home.organisation(organisation) / "msp"
    orderer = next(
        (candidate for candidate in session.inventory.orderers if candidate.organisation == organisation),
        None,
    )
    try:
        identities, tls = read_roots(session.home.organisation(organisation))
        return Bundle(
            network=session.topology.name,
            organisation=organisation,
            msp=session.topology.organisation(organisation).msp,
            identity_root=bundle(identities).decode("ascii"),
            tls_root=bundle(tls).decode("ascii"),
            revocations={path.name: path.read_text("ascii") for path in sorted((msp / "crls").glob("*.pem"))},
            consenter=None if orderer is None else _consenter(orderer),
        )
    except FileNotFoundError as error:
        raise NetworkError(
            f"{organisation} has no certificates yet ({error.filename} does not exist): run "
            "`kindpakket network up` first"
        ) from error


def admit(session: Session, given: Bundle, source: str) -> bool:
    """Import another organisation's bundle into the home.

    A renewed certificate of an orderer is stored as pending, next to the present one.

    Args:
        session: the network.
        given: the bundle.
        source: its name in error messages.

    Returns:
        Whether anything in it was new.

    Raises:
        NetworkError: it does not match the topology, is inconsistent, or has roots other than the known ones.
    """
    mistakes = mistakes_in(given, session.topology)
    if mistakes:
        lines = "".join(f"\n  {mistake}" for mistake in mistakes)
        count = "1 problem" if len(mistakes) == 1 else f"{len(mistakes)} problems"
        raise NetworkError(f"{source} is rejected: {count} found{lines}")
    name = given.organisation
    if name in session.own_organisations:
        if given != bundle_of(session, name):
            raise NetworkError(
                f"{source} differs from this home, which acts for {name}: give out this home's bundle instead"
            )
        return False
    folder = session.home.organisation(name)
    identities, tls = roots_in(given)
    if (folder / "tls" / "ca.pem").is_file() and _sets((identities, tls)) != _sets(read_roots(folder)):
        raise NetworkError(
            f"{source} has different roots from those in {folder}: if {name} renews its roots, run "
            "`kindpakket network up`, which takes those that the channels name, and admit it afterwards; "
            f"otherwise ask {name} through another channel which are right"
        )
    for file, text in given.revocations.items():
        present = folder / "msp" / "crls" / file
        if present.is_file() and _made(text) < _made(present.read_text("ascii")):
            raise NetworkError(
                f"{source} is older than this home's bundle of {name}, and its {file} would undo "
                f"revocations: ask {name} for its present bundle"
            )
    before = _state(session, given)
    if given.consenter is not None:
        orderer = next(
            candidate for candidate in session.inventory.orderers if candidate.organisation == name
        )
        _place(orderer.folder / "msp", "signcerts/cert.pem", given.consenter.identity)
        _place(orderer.folder / "tls", "cert.pem", given.consenter.tls)
    for file, text in given.revocations.items():
        write(folder / "msp" / "crls" / file, text)
    # The roots come last: once they exist, the organisation counts as known.
    write_roots(folder, identities, tls)
    return before != _state(session, given)


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


def _state(session: Session, given: Bundle) -> dict[Path, bytes]:
    name = given.organisation
    folders = [session.home.organisation(name), session.home.node(f"orderer.{name}")]
    return {path: path.read_bytes() for folder in folders for path in folder.rglob("*.pem")}


def _sets(roots: tuple[list[bytes], list[bytes]]) -> tuple[frozenset[bytes], ...]:
    return tuple(map(frozenset, roots))


def _made(revocations: str) -> datetime:
    return x509.load_pem_x509_crl(revocations.encode()).last_update_utc
