"""An organisation's Fabric CA server, with two authorities: `ca` for identities and `tlsca` for TLS."""

from __future__ import annotations

import contextlib
import shutil
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from fabric_gateway.ca import CaAlreadyRegistered, CaClient, CaError, Enrolment
from fabric_gateway.identity import KeyHolder
from kindpakket_network.description.host import LOOPBACK, THIS, Host, at
from kindpakket_network.description.token import Token
from kindpakket_network.description.tuning import STANDARD, Tuning
from kindpakket_network.errors import NetworkError
from kindpakket_network.nodes.authority_roots import Roots
from kindpakket_network.nodes.authority_tls import (
    OPERATIONS,
    OPERATIONS_KEY,
    SERVICE,
    discard_certificates,
    ensure_operations_certificate,
)
from kindpakket_network.programs.command import Command, run
from kindpakket_network.programs.fabric import Programs
from kindpakket_network.programs.files import sync_tree
from kindpakket_network.programs.home import Home, write
from kindpakket_network.programs.process import Program
from kindpakket_network.programs.templates import render
from kindpakket_network.programs.token import TokenKeys, key_id_of, pin_variable

IDENTITIES = "ca"
TLS = "tlsca"
# The signing profiles; see data/templates/fabric-ca-server-config.yaml.j2 for why they have one name.
NODE_PROFILE = "tls"
TLS_PROFILE = "tls"
REGISTRAR = "registrar"
_OWN = "hf."  # the prefix of Fabric CA's own attributes
_CONFIGURATION = "fabric-ca-server-config.yaml"
_KEYS = "FABRIC_CA_SERVER_BCCSP"


@dataclass
class Authority:
    """The CA server of an organisation.

    Args:
        home: the network's folder.
        organisation: the organisation's name.
        ports: the server's port and its operations port.
        machine: where it runs.
        tuning: how long its certificates are valid.
        token: where its new root keys are made; None: in files.
    """

    home: Home
    organisation: str
    ports: tuple[int, int]
    machine: Host = THIS
    tuning: Tuning = STANDARD
    token: Token | None = None
    _registrars: dict[tuple[str, bytes], Enrolment] = field(default_factory=dict)
    _guard: threading.Lock = field(default_factory=threading.Lock)

    @property
    def node(self) -> str:
        """The server's node name."""
        return f"ca.{self.organisation}"

    @property
    def url(self) -> str:
        """The server's address."""
        return f"https://{at(self.machine.address, self.ports[0])}"

    @property
    def listening(self) -> tuple[tuple[str, int], ...]:
        """The addresses and ports that it listens on."""
        return (self.machine.listen, self.ports[0]), (LOOPBACK, self.ports[1])

    @property
    def folder(self) -> Path:
        """The server's folder; the authority for identities has a folder in it."""
        return self.home.organisation(self.organisation) / "authority"

    def certificate(self, name: str) -> Path:
        """The root certificate of one of the two authorities."""
        return self.folder / "ca-cert.pem" if name == TLS else self.folder / name / "ca-cert.pem"

    @property
    def roots(self) -> Roots:
        """Its root certificates, and how far their renewal has come."""
        return Roots(self.folder, (self.certificate(TLS), self.certificate(IDENTITIES)))

    @property
    def used_token(self) -> Token | None:
        """The token with the keys of its present roots; None: they are in files, as before it got a token."""
        return None if self.roots.in_files else self.token

    def trusted(self, name: str) -> list[bytes]:
        """The root certificates to trust for one of the two authorities, oldest first, PEM."""
        return self.roots.trusted(self.certificate(name))

    def make_next_roots(self, programs: Programs) -> None:
        """Make new roots with keys for both authorities; they are not used yet.

        Raises:
            CommandFailed: the CA server's program could not make them.
        """
        made = self.folder / ".next"
        shutil.rmtree(made, ignore_errors=True)
        for name in (TLS, IDENTITIES):
            folder = made / self.certificate(name).parent.relative_to(self.folder)
            folder.mkdir(mode=0o700, parents=True)
            write(folder / _CONFIGURATION, self._configuration(name, None, self.token), mode=0o600)
            arguments = [programs.path("fabric-ca-server"), "init", "--home", str(folder)]
            title = f"fabric-ca-server for a new root of {self.organisation}"
            settings = {} if self.token is None else self.token.authority_settings()
            environment = {**settings, **pin_variable(self.token, _KEYS)}
            run(Command(title, arguments, environment, folder))
        for path in list(made.rglob("*")):
            if path.is_file() and path.suffix != ".pem" and not path.name.endswith("_sk"):
                path.unlink()  # its configuration and its database, which nobody needs
            else:
                path.chmod(0o700 if path.is_dir() else 0o600)
        sync_tree(made)
        self.roots.keep_next(made)

    def discard_certificates(self) -> None:
        """Delete the stopped server's own TLS certificates and keys, so that it starts with new ones."""
        self._delete_from_token([self.folder / SERVICE])
        discard_certificates(self.folder)

    def end_retiring(self) -> None:
        """Delete the keys of the old roots, which nothing trusts any longer."""
        self._delete_from_token(self.roots.retired())
        self.roots.end_retiring()

    def _delete_from_token(self, certificates: Sequence[Path]) -> None:
        if self.token is None:
            return
        for identifier in map(key_id_of, certificates):
            if identifier is not None:
                TokenKeys(self.token).delete(identifier)

    @property
    def arguments(self) -> tuple[str, ...]:
        """Its program's arguments."""
        return ("start", "--home", str(self.folder))

    def program(self, programs: Programs) -> Program:
        """The server's process; writes its configuration."""
        ensure_operations_certificate(self.folder, self.node, self.machine.tls_names(self.node))
        for path, text in self._configurations().items():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            write(path, text, mode=0o600)
        arguments = [programs.path("fabric-ca-server"), *self.arguments]
        secrets = pin_variable(self.used_token, _KEYS)
        environment = {} if self.used_token is None else self.used_token.authority_settings()
        return Program(self.node, arguments, environment, self.folder, self.tuning.logs, secrets)

    @property
    def outdated(self) -> bool:
        """Whether the server was started with a different configuration than the topology now gives."""
        return any(
            path.is_file() and path.read_text("utf-8") != text
            for path, text in self._configurations().items()
        )

    def _configurations(self) -> dict[Path, str]:
        inner = self.folder / IDENTITIES / _CONFIGURATION
        server = {
            "listen": self.machine.listen,
            "port": self.ports[0],
            "operations": at(LOOPBACK, self.ports[1]),
            "operations_certificate": OPERATIONS,
            "operations_key": OPERATIONS_KEY,
            "others": [str(inner)],
        }
        return {
            inner: self._configuration(IDENTITIES, None, self.used_token),
            self.folder / _CONFIGURATION: self._configuration(TLS, server, self.used_token),
        }

    def ready(self) -> bool:
        """Whether the server answers for both authorities."""
        if not all(self.certificate(name).is_file() for name in (IDENTITIES, TLS)):
            return False
        try:
            for name in (IDENTITIES, TLS):
                with self._client(name) as client:
                    client.chain()
        except (CaError, OSError):
            return False
        return True

    def issue(
        self,
        authority: str,
        name: str,
        *,
        kind: str,
        attributes: Mapping[str, str],
        hosts: Sequence[str],
        profile: str | None,
        key: bytes | KeyHolder | None = None,
    ) -> Enrolment:
        """Register an identity, or update the registered one, and enrol it.

        Args:
            authority: `IDENTITIES` or `TLS`.
            name: the enrolment name.
            kind: the node OU.
            attributes: attributes for its certificates.
            hosts: host names and addresses of a TLS certificate.
            profile: the signing profile.
            key: the private key to certify, PEM, or what holds it, as a token does; default: a new one.

        Raises:
            NetworkError: the authority refused or did not answer.
        """
        secret = self.home.secret(f"organisations/{self.organisation}/secrets/{authority}.{name}")
        with self.as_registrar(authority) as (client, registrar):
            try:
                client.register(registrar, name, secret=secret, kind=kind, attributes=attributes)
            except CaAlreadyRegistered:
                _correct(client, registrar, name, kind, attributes)
            return client.enrol(name, secret, key=key or "P-256", hosts=hosts, profile=profile)

    @contextlib.contextmanager
    def as_registrar(self, authority: str) -> Iterator[tuple[CaClient, Enrolment]]:
        """A connection to one of the two authorities, and the registrar's certificate for it.

        Args:
            authority: `IDENTITIES` or `TLS`.

        Raises:
            NetworkError: the authority refused a call, or did not answer.
        """
        try:
            with self._client(authority) as client:
                yield client, self._registrar(authority, client)
        except CaError as error:
            raise NetworkError(
                f"{self.node} ({authority}): {error}\nRead {self.home.log(self.node)}"
            ) from error

    def _client(self, authority: str) -> CaClient:
        return CaClient(self.url, authority, self.certificate(TLS))

    def _registrar(self, authority: str, client: CaClient) -> Enrolment:
        issued_by = authority, self.certificate(authority).read_bytes()
        with self._guard:
            if issued_by not in self._registrars:
                secret = self.home.secret(self._registrar_secret(authority))
                self._registrars[issued_by] = client.enrol(REGISTRAR, secret)
            return self._registrars[issued_by]

    def _registrar_secret(self, authority: str) -> str:
        return f"organisations/{self.organisation}/secrets/{authority}.{REGISTRAR}"

    def _configuration(self, authority: str, server: Mapping[str, object] | None, token: Token | None) -> str:
        return render(
            "fabric-ca-server-config.yaml",
            name=authority,
            server=server,
            secret=self.home.secret(self._registrar_secret(authority)),
            common_name=f"{authority}.{self.organisation}",
            organisation=self.organisation,
            tuning=self.tuning,
            token=token,
            hosts=list(self.machine.tls_names(self.node)),
        )


def _correct(
    client: CaClient, registrar: Enrolment, name: str, kind: str, attributes: Mapping[str, str]
) -> None:
    """Update a registered identity's kind and attributes if they differ."""
    identity = client.identity(registrar, name)
    present = {
        attribute.name: attribute.value
        for attribute in identity.attributes
        if not attribute.name.startswith(_OWN)
    }
    if (identity.kind, present) != (kind, dict(attributes)):
        removed = dict.fromkeys(present.keys() - attributes.keys(), "")
        client.change_identity(registrar, name, kind=kind, attributes={**removed, **attributes})
