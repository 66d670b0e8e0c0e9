"""The folders with certificates and keys, as Fabric reads them: MSP folders and TLS folders."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from kindpakket.fabric.ca import Enrolment

from ..errors import NetworkError
from ..files import move
from ..home import read_record, write
from ..nodes.authority import IDENTITIES, REGISTRAR, TLS, Authority
from ..templates import render
from .staging import adopt, staged

RECORD = "enrolment.json"
CRL = "crls/ca.pem"
_USER_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True)
class Issue:
    """A certificate that is to be there.

    Attributes:
        folder: where it goes: `…/msp` or `…/tls`.
        authority: `IDENTITIES` makes an MSP folder, `TLS` a TLS folder.
        name: the enrolment name.
        kind: the node OU.
        attributes: attributes in the certificate.
        hosts: host names and addresses (TLS).
        profile: the signing profile.
    """

    folder: Path
    authority: str
    name: str
    kind: str
    attributes: Mapping[str, str] = field(default_factory=dict)
    hosts: Sequence[str] = ()
    profile: str | None = None

    def holder(self, authority: Authority) -> str:
        """Who has it: the node, or `user@organisation`."""
        is_user = self.folder.parent.parent.name == "users"
        return f"{self.name}@{authority.organisation}" if is_user else self.name


def ensure_user_name(name: str, nodes: Collection[str]) -> None:
    """See that a name can be a user's: it becomes a folder's, and no node or CA server has it.

    Args:
        name: the name.
        nodes: the names of all nodes.

    Raises:
        NetworkError: it cannot.
    """
    if not _USER_NAME.fullmatch(name):
        raise NetworkError(
            f"{name!r} is no name for a user: use at most 64 letters, digits, dots, hyphens and underscores, "
            "the first one a letter or a digit"
        )
    if name == REGISTRAR or name in nodes:
        raise NetworkError(f"{name!r} is the name of a node or CA server: use another name for the user")


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
