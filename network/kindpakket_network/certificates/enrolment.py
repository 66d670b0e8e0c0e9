"""Folders with certificates and keys in Fabric's layout: MSP folders and TLS folders."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from fabric_gateway.ca import Enrolment
from kindpakket_network.errors import NetworkError
from kindpakket_network.nodes.authority import IDENTITIES, TLS, Authority
from kindpakket_network.nodes.authority_roots import bundle, split
from kindpakket_network.nodes.issue import KEY, Issue
from kindpakket_network.nodes.pending import activate, pending_folder
from kindpakket_network.programs.files import move
from kindpakket_network.programs.home import read_record, write
from kindpakket_network.programs.templates import render
from kindpakket_network.programs.token import TokenKey, TokenKeys, key_id_of

RECORD = "enrolment.json"
CRL = "crls/ca.pem"
CERTIFICATE = "signcerts/cert.pem"
_LABELLED = 12  # characters of a home's id in a key's label


def write_organisation(authority: Authority, folder: Path) -> None:
    """Write what others need to verify an organisation: `msp/` without keys, and `tls/ca.pem`."""
    write_roots(folder, authority.trusted(IDENTITIES), authority.trusted(TLS))


def write_roots(folder: Path, identity_roots: Sequence[bytes], tls_roots: Sequence[bytes]) -> None:
    """Write the same files from the root certificates, PEM, oldest first; two of a kind may overlap."""
    _trust_identities(folder / "msp", identity_roots, tls_roots)
    _trust_tls(folder / "tls", tls_roots)


def read_roots(folder: Path) -> tuple[list[bytes], list[bytes]]:
    """The root certificates that `write_roots` wrote, for identities and for TLS, PEM, oldest first.

    Raises:
        FileNotFoundError: it has not written any.
    """
    paths = [folder / "msp" / "cacerts" / "ca.pem", *sorted((folder / "msp" / "cacerts").glob("ca-*.pem"))]
    pems = (b"".join(path.read_bytes() for path in paths), (folder / "tls" / "ca.pem").read_bytes())
    return split(pems[0]), split(pems[1])


def refresh_trust(authority: Authority, issue: Issue) -> None:
    """Have an issued certificate's folder, and its pending successor's, trust the organisation's roots."""
    for folder in (issue.folder, pending_folder(issue.folder)):
        if not folder.is_dir():
            continue
        if issue.authority == IDENTITIES:
            _trust_identities(folder, authority.trusted(IDENTITIES), authority.trusted(TLS))
        else:
            _trust_tls(folder, authority.trusted(TLS))


def ensure(authority: Authority, issue: Issue) -> Path:
    """Have a certificate issued, unless it exists.

    The folder appears as a whole or not at all, so a command that is killed leaves nothing to repair.

    Returns:
        The issue's folder.

    Raises:
        NetworkError: the authority refused, or the folder holds a certificate for something else.
    """
    if not issue.folder.is_dir():
        activate(
            issue.folder
        )  # A renewal may have been killed between removing the old one and replacing it.
    record = _record(issue)
    if (issue.folder / RECORD).is_file():
        present = read_record(issue.folder / RECORD)
        if present != record:
            raise NetworkError(
                f"{issue.holder(authority)} has a certificate for {_words(present)}, not for "
                f"{_words(record)} ({issue.folder}): run `kindpakket network renew "
                f"{issue.holder(authority)}` to replace it, or use another name"
            )
        return issue.folder
    _issue(authority, issue, issue.folder, None)
    return issue.folder


def issue_pending(authority: Authority, issue: Issue, *, same_key: bool = False) -> Path:
    """Have a new certificate issued as the pending successor of the present one; see `staged`.

    A successor that is already pending is kept, so that a command that was killed can resume.

    Args:
        authority: the authority that issues it.
        issue: the certificate.
        same_key: keep the present certificate's key (TLS only), unless it cannot be read.

    Returns:
        The folder of the pending certificate.

    Raises:
        NetworkError: the authority refused.
    """
    folder = pending_folder(issue.folder)
    if not (folder / RECORD).is_file():
        key = read_key(issue.folder / "key.pem") if same_key else None
        _issue(authority, issue, folder, key)
    return folder


def was_issued(issue: Issue) -> bool:
    """Whether a certificate has been issued, even if its folder is gone: its node has data."""
    return (issue.folder / RECORD).is_file() or (issue.folder.parent / "data").is_dir()


def read_key(path: Path) -> bytes | None:
    """A private key, PEM; None if there is none that can be read."""
    try:
        content = path.read_bytes()
        load_pem_private_key(content, None)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm):
        return None
    return content


def discard_superseded(authority: Authority, issue: Issue) -> None:
    """Delete the keys in a token that were made for a node, but for its present and its pending certificate.

    Raises:
        TokenError: the token cannot be used.
    """
    if issue.token is not None:
        folders = (issue.folder, pending_folder(issue.folder))
        kept = [found for folder in folders if (found := key_id_of(folder / CERTIFICATE)) is not None]
        if kept:  # else the certificate's file is lost, and may come back
            TokenKeys(issue.token).delete_labelled(_label(authority, issue), kept)


def _label(authority: Authority, issue: Issue) -> str:
    """The label of a node's keys in a token, which other homes may use as well."""
    home = authority.home.secret(f"organisations/{authority.organisation}/secrets/token")
    return f"{issue.name} {home[:_LABELLED]}"


def _new_key(authority: Authority, issue: Issue) -> TokenKey | None:
    if issue.token is None:
        return None
    discard_superseded(authority, issue)  # what a command that was killed left
    return TokenKeys(issue.token).make(_label(authority, issue))


def _issue(authority: Authority, issue: Issue, folder: Path, key: bytes | None) -> None:
    enrolment = authority.issue(
        issue.authority,
        issue.name,
        kind=issue.kind,
        attributes=issue.attributes,
        hosts=issue.hosts,
        profile=issue.profile,
        key=key or _new_key(authority, issue),
    )
    temporary = folder.with_name(f".{folder.name}.new")
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(mode=0o700, parents=True)
    if issue.authority == IDENTITIES:
        _write_msp(temporary, enrolment, authority)
    else:
        _write_tls(temporary, enrolment, authority)
    write(temporary / RECORD, json.dumps(_record(issue), indent=1))
    shutil.rmtree(folder, ignore_errors=True)
    move(temporary, folder)


def _record(issue: Issue) -> dict[str, object]:
    return {
        "name": issue.name,
        "kind": issue.kind,
        "attributes": dict(issue.attributes),
        "hosts": list(issue.hosts),
    }


def _words(record: Mapping[str, Any]) -> str:
    """What a certificate is for, such as `the client ann with kindpakket.role=issuer`."""
    attributes = [f"{name}={value}" for name, value in sorted(record["attributes"].items())]
    more = ", ".join([*attributes, *record["hosts"]])
    return f"the {record['kind']} {record['name']}{f' with {more}' if more else ''}"


def _write_msp(folder: Path, enrolment: Enrolment, authority: Authority) -> None:
    write(folder / CERTIFICATE, enrolment.certificate)
    if enrolment.key:
        write(folder / KEY, enrolment.key, mode=0o600)
    _trust_identities(folder, authority.trusted(IDENTITIES), authority.trusted(TLS))
    revoked = authority.home.organisation(authority.organisation) / "msp" / CRL
    if revoked.is_file():
        write(folder / CRL, revoked.read_bytes())


def _write_tls(folder: Path, enrolment: Enrolment, authority: Authority) -> None:
    write(folder / "cert.pem", enrolment.certificate)
    write(folder / "key.pem", enrolment.key, mode=0o600)
    _trust_tls(folder, authority.trusted(TLS))


def _trust_identities(msp: Path, identity_roots: Sequence[bytes], tls_roots: Sequence[bytes]) -> None:
    """Fabric reads one certificate from each file of these folders."""
    for name, roots in (("ca", identity_roots), ("tlsca", tls_roots)):
        folder = msp / f"{name}certs"
        names = [f"{name}.pem", *(f"{name}-{number}.pem" for number in range(1, len(roots)))]
        for file, root in zip(names, roots, strict=True):
            write(folder / file, root)
        for path in set(folder.glob(f"{name}*.pem")) - {folder / file for file in names}:
            path.unlink()
    certificate = "cacerts/ca.pem" if len(identity_roots) == 1 else None
    write(msp / "config.yaml", render("msp-config.yaml", certificate=certificate))


def _trust_tls(folder: Path, roots: Sequence[bytes]) -> None:
    write(folder / "ca.pem", bundle(roots))
