"""The gateway in memory, and identities for tests."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from concurrent import futures
from datetime import UTC, datetime, timedelta
from types import TracebackType

import grpc
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import NameOID

from fabric_gateway._connection.deadlines import DEFAULT_DEADLINES, Deadlines
from fabric_gateway._gateway import Gateway, connect
from fabric_gateway.ca._enrolment import Enrolment
from fabric_gateway.errors import ErrorDetail
from fabric_gateway.identity._hashes import Hash
from fabric_gateway.identity._identity import Identity, PrivateKey
from fabric_gateway.identity._keys import KeyAlgorithm, key_pem, make_key
from fabric_gateway.testing._access import Access
from fabric_gateway.testing._faults import Fault, Faults, StepName
from fabric_gateway.testing._invocation import Chaincode
from fabric_gateway.testing._ledger import MemoryLedger
from fabric_gateway.testing._service import MemoryService

_ATTRIBUTES = x509.ObjectIdentifier("1.2.3.4.5.6.7.8.1")  # where Fabric CA keeps an identity's attributes
_LARGEST_REQUEST = 100 << 20  # bytes, as a Fabric peer has it
_THREADS = 32


class MemoryGateway:
    """A peer with a Gateway service in memory. Use it in a `with` statement.

    Attributes:
        endpoint: where it listens, for `connect(endpoint=…)`: a free port of the loopback address.
        server_name: the name in its TLS certificate, as `connect(server_name=…)` expects it.
        tls_root: with TLS, the certificate to trust, PEM. Else None.
        client_certificate: with mutual TLS, the certificate that clients must show, PEM. Else None.
        client_key: its key, PEM, or None.
        identity: a member of `Org1MSP` that it knows; any other certificate is accepted too.
    """

    def __init__(
        self,
        chaincodes: Mapping[str, Chaincode],
        *,
        channel: str = "channel",
        tls: bool = False,
        mutual_tls: bool = False,
        server_name: str = "peer0.memory",
        hash: Hash = Hash.SHA256,
        limit: int | None = None,
    ) -> None:
        """Make a gateway.

        Args:
            chaincodes: the function that stands for each chaincode, by name.
            channel: name of the only channel.
            tls: listen with TLS; the default is without.
            mutual_tls: listen with TLS, and refuse clients that do not show `client_certificate`.
            server_name: the name in the TLS certificate, such as the one that a profile expects.
            hash: the hash function of the ECDSA signatures that it accepts, as an MSP configures it.
            limit: how many calls it accepts at once; it refuses others as an overloaded peer does.
        """
        self.endpoint = ""
        self.server_name = server_name
        self.tls_root: bytes | None = None
        self.client_certificate: bytes | None = None
        self.client_key: bytes | None = None
        self.identity = make_identity()
        self._chaincodes = chaincodes
        self._hash = hash
        self._limit = limit
        self._mutual_tls = mutual_tls
        self._credentials = self._secured() if tls or mutual_tls else None
        self._port = 0
        self._server: grpc.Server | None = None
        self._serve(MemoryLedger(channel, make_identity(name="peer0")))

    def _serve(self, ledger: MemoryLedger) -> None:
        self._ledger = ledger
        self._faults = Faults(self._limit)
        access = Access(self._hash, binds_tls=self._mutual_tls)
        self._service = MemoryService(ledger, self._chaincodes, access, self._faults)

    def replica(self) -> MemoryGateway:
        """Another peer on the same ledger, with its own endpoint, faults and `calls`. Use it in `with`.

        `hold`, `release` and `invalidate` concern the orderers, so they are the same for all peers.
        """
        other = MemoryGateway(
            self._chaincodes, server_name=self.server_name, hash=self._hash, limit=self._limit
        )
        other.identity, other.tls_root = self.identity, self.tls_root
        other.client_certificate, other.client_key = self.client_certificate, self.client_key
        other._credentials, other._mutual_tls = self._credentials, self._mutual_tls
        other._serve(self._ledger)
        return other

    def stop(self) -> None:
        """Stop like a peer that is killed: connections break, and new ones are refused until `start`."""
        if self._server is not None:
            self._server.stop(None).wait()
            self._pool.shutdown(wait=False)
            self._server = None

    def start(self) -> None:
        """Start, on the former port if it was stopped."""
        self._pool = futures.ThreadPoolExecutor(max(_THREADS, 4 * (self._limit or 0)))
        options = (("grpc.so_reuseport", 0), ("grpc.max_receive_message_length", _LARGEST_REQUEST))
        server = grpc.server(self._pool, options=options)
        server.add_generic_rpc_handlers(self._service.handlers())
        if self._credentials is None:
            self._port = server.add_insecure_port(f"127.0.0.1:{self._port}")
            self.endpoint = f"grpc://127.0.0.1:{self._port}"
        else:
            self._port = server.add_secure_port(f"127.0.0.1:{self._port}", self._credentials)
            self.endpoint = f"127.0.0.1:{self._port}"
        server.start()
        self._server = server

    def pause(self) -> None:
        """Answer nothing until `resume`, like a process that is suspended."""
        self._faults.pause(True)

    def resume(self) -> None:
        """Go on after `pause`."""
        self._faults.pause(False)

    def fail(
        self,
        step: StepName,
        status: grpc.StatusCode,
        reason: str = "",
        *,
        details: Sequence[ErrorDetail] = (),
        times: int = 1,
        after: bool = False,
    ) -> None:
        """Let the next calls of a step fail; `after`: the step takes effect, and only its answer is lost."""
        self._faults.scripted.append(Fault(step, status, reason, tuple(details), times, after))

    def break_streams(
        self, *after: int, status: grpc.StatusCode | None = grpc.StatusCode.UNAVAILABLE
    ) -> None:
        """Let the next streams of blocks or events break, each after the given number of messages.

        Status None: they end as if there were nothing more.
        """
        self._faults.breaks.extend((messages, status) for messages in after)

    def skip_block(self, number: int) -> None:
        """Leave a block out of streams, as a faulty peer may."""
        self._faults.skipped.add(number)

    def hang(self, step: StepName, *, times: int = 1, after: bool = False) -> None:
        """Leave the next calls of a step without an answer until the client gives up."""
        self._faults.scripted.append(Fault(step, None, "", (), times, after))

    def lose(self, *, times: int = 1) -> None:
        """Accept the next transactions and never order them, as a Raft leader does that ends."""
        self._faults.losses = times

    def forget_faults(self) -> None:
        """Let nothing fail any more."""
        self._faults.scripted.clear()
        self._faults.losses = 0

    def invalidate(self, code: str, *, times: int = 1) -> None:
        """Give the next transactions this validation code, such as `ENDORSEMENT_POLICY_FAILURE`."""
        self._ledger.next_codes = [code] * times

    def end_deliver(self, status: str) -> None:
        """Let streams of blocks end at once, with a status such as `FORBIDDEN`, or "" for none."""
        self._faults.deliver_end = status

    def hold(self) -> None:
        """Accept transactions from now on, and order them only at `release`."""
        self._ledger.held = []

    def release(self) -> None:
        """Order what was held."""
        self._ledger.release()

    def get(self, key: str) -> bytes | None:
        """The committed value of a key."""
        found = self._ledger.state.get(key)
        return found[0] if found else None

    @property
    def calls(self) -> list[StepName]:
        """The steps that clients called, in order."""
        return self._faults.calls

    def forget_calls(self) -> None:
        """Start `calls` anew."""
        self._faults.calls.clear()

    @property
    def refused(self) -> int:
        """How many calls were refused because of `limit`."""
        return self._faults.refused

    @property
    def under_way(self) -> int:
        """How many unary calls are in progress."""
        return self._faults.under_way

    def wait_for_call(self, step: StepName, *, timeout: float = 5.0) -> None:
        """Wait until a client has called a step; `TimeoutError` after `timeout` seconds."""
        if not self._faults.wait_for(step, timeout):
            raise TimeoutError(f"no client called {step} within {timeout} s; they called {self.calls}")

    def wait_for_height(self, height: int, *, timeout: float = 5.0) -> None:
        """Wait until there are `height` blocks; `TimeoutError` after `timeout` seconds."""
        with self._ledger.changed:
            if not self._ledger.changed.wait_for(lambda: self.height >= height, timeout):
                raise TimeoutError(f"there are {self.height} blocks instead of {height} after {timeout} s")

    @property
    def height(self) -> int:
        """Number of blocks."""
        return len(self._ledger.blocks)

    def connect(
        self, identity: Identity | None = None, *, deadlines: Deadlines = DEFAULT_DEADLINES
    ) -> Gateway:
        """A gateway connected to this service. For asyncio use `aio.connect` on `endpoint`."""
        return connect(
            identity=identity or self.identity,
            endpoint=self.endpoint,
            tls_root=self.tls_root,
            server_name=self.server_name if self.tls_root else None,
            client_certificate=self.client_certificate,
            client_key=self.client_key,
            deadlines=deadlines,
        )

    def __enter__(self) -> MemoryGateway:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _secured(self) -> grpc.ServerCredentials:
        key, self.tls_root = _tls_pair(self.server_name)
        if self._mutual_tls:
            self.client_key, self.client_certificate = _tls_pair("client.memory")
        return grpc.ssl_server_credentials([(key, self.tls_root)], self.client_certificate, self._mutual_tls)


def make_identity(
    mspid: str = "Org1MSP",
    *,
    name: str = "user",
    attributes: Mapping[str, str] | None = None,
    algorithm: KeyAlgorithm = "P-256",
    hash: Hash | None = None,
) -> Identity:
    """A new identity with a self-signed certificate, valid for a day from an hour ago.

    Args:
        mspid: MSP id of its organisation.
        name: common name in the certificate.
        attributes: attributes as Fabric CA writes them into certificates, such as a role.
        algorithm: kind of its key.
        hash: as of `Identity`.
    """
    made = make_enrolment(name, attributes=attributes, algorithm=algorithm)
    return made.identity(mspid, hash=hash)


def make_enrolment(
    name: str = "user", *, attributes: Mapping[str, str] | None = None, algorithm: KeyAlgorithm = "P-256"
) -> Enrolment:
    """A new self-signed certificate, with its key. Arguments as of `make_identity`."""
    key, certificate = _self_signed(name, algorithm, attributes or {})
    return Enrolment(certificate.public_bytes(serialization.Encoding.PEM), key_pem(key))


def _tls_pair(name: str) -> tuple[bytes, bytes]:
    """A key and its certificate, PEM."""
    made = make_enrolment(name)
    return made.key, made.certificate


def _self_signed(
    name: str, algorithm: KeyAlgorithm, attributes: Mapping[str, str]
) -> tuple[PrivateKey, x509.Certificate]:
    key = make_key(algorithm)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    start = datetime.now(UTC) - timedelta(hours=1)
    builder = (
        x509.CertificateBuilder(subject_name=subject, issuer_name=subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
    )
    if attributes:
        content = json.dumps({"attrs": dict(attributes)}).encode()
        builder = builder.add_extension(x509.UnrecognizedExtension(_ATTRIBUTES, content), critical=False)
    return key, builder.sign(key, None if algorithm == "Ed25519" else hashes.SHA256())
