"""The folders with certificates and keys, as Fabric reads them: MSP folders and TLS folders."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from kindpakket.fabric.ca import Enrolment
from kindpakket_network.errors import NetworkError
from kindpakket_network.nodes.authority import IDENTITIES, TLS, Authority
from kindpakket_network.nodes.issue import Issue
from kindpakket_network.nodes.staging import adopt, staged
from kindpakket_network.programs.files import move
from kindpakket_network.programs.home import read_record, write
from kindpakket_network.programs.templates import render

RECORD = "enrolment.json"
CRL = "crls/ca.pem"


def write_organisation(authority: Authority, folder: Path) -> None:
    """Write what others need to verify an organisation: `msp/` without keys, and `tls/ca.pem`."""
    write_roots(
        folder, authority.certificate(IDENTITIES).read_bytes(), authority.certificate(TLS).read_bytes()
    )


def write_roots(folder: Path, identity_root: bytes, tls_root: bytes) -> None:
    """The same from the two root certificates."""
    msp = folder / "msp"
    write(msp / "cacerts" / "ca.pem", identity_root)
    write(msp / "tlscacerts" / "tlsca.pem", tls_root)
    write(msp / "config.yaml", render("msp-config.yaml"))
    write(folder / "tls" / "ca.pem", tls_root)


def ensure(authority: Authority, issue: Issue) -> Path:
    """Have a certificate issued, unless it is there.

    The folder appears as a whole or not at all: a command that is killed half way leaves nothing to repair.

    Returns:
        The issue's folder.

    Raises:
        NetworkError: the authority refused, or the folder holds a certificate for something else.
    """
    if not issue.folder.is_dir():
        adopt(issue.folder)  # A renewal was killed between taking the old one away and putting this there.
    record = _record(issue)
    if (issue.folder / RECORD).is_file():
        present = read_record(issue.folder / RECORD)
        if present != record:
            raise NetworkError(
                f"{issue.folder} holds a certificate for {present}, not for {record}: if that is meant, "
                f"`kindpakket network renew {issue.holder(authority)}`, else give it another name"
            )
        return issue.folder
    _issue(authority, issue, issue.folder, None)
    return issue.folder


def stage(authority: Authority, issue: Issue, *, same_key: bool = False) -> Path:
    """Have a further certificate issued, which waits beside the present one; see `staged`.

    One that waits already is left there: a command that was killed carries on with it.

    Args:
        authority: who issues it.
        issue: what for.
        same_key: keep the present certificate's key (TLS only).

    Returns:
        The folder in which it waits.

    Raises:
        NetworkError: the authority refused.
    """
    folder = staged(issue.folder)
    if not (folder / RECORD).is_file():
        key = (issue.folder / "key.pem").read_bytes() if same_key else None
        _issue(authority, issue, folder, key)
    return folder


def _issue(authority: Authority, issue: Issue, folder: Path, key: bytes | None) -> None:
    enrolment = authority.issue(
        issue.authority,
        issue.name,
        kind=issue.kind,
        attributes=issue.attributes,
        hosts=issue.hosts,
        profile=issue.profile,
        key=key,
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


def _write_msp(folder: Path, enrolment: Enrolment, authority: Authority) -> None:
    write(folder / "signcerts" / "cert.pem", enrolment.certificate)
    write(folder / "keystore" / "key.pem", enrolment.key, mode=0o600)
    write(folder / "cacerts" / "ca.pem", authority.certificate(IDENTITIES).read_bytes())
    write(folder / "tlscacerts" / "tlsca.pem", authority.certificate(TLS).read_bytes())
    write(folder / "config.yaml", render("msp-config.yaml"))
    revoked = authority.home.organisation(authority.organisation) / "msp" / CRL
    if revoked.is_file():
        write(folder / CRL, revoked.read_bytes())


def _write_tls(folder: Path, enrolment: Enrolment, authority: Authority) -> None:
    write(folder / "cert.pem", enrolment.certificate)
    write(folder / "key.pem", enrolment.key, mode=0o600)
    write(folder / "ca.pem", authority.certificate(TLS).read_bytes())
