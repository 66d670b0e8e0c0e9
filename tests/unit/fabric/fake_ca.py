"""A server that stands for Fabric CA: it answers as it is told, and keeps what it was asked."""

from __future__ import annotations

import base64
import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from fabric_gateway.ca import Enrolment
from fabric_gateway.identity import load_key


def pem(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def certificate(key: ec.EllipticCurvePrivateKey) -> bytes:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "registrar")])
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.KeyUsage(True, False, False, False, False, True, True, False, False), critical=True
        )
    )
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


@dataclass
class FakeCa:
    """A server that answers as it was told, and keeps what it was asked."""

    url: str
    root: Path
    context: ssl.SSLContext
    registrar: Enrolment
    status: int = 200
    answer: bytes = b""
    methods: list[str] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    shown: list[Any] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)

    def says(self, status: int, members: Any) -> None:
        self.status, self.answer = status, json.dumps(members).encode()


@contextmanager
def answering(folder: Path) -> Iterator[FakeCa]:
    """A fake authority with TLS, whose certificate is in the folder."""
    key = ec.generate_private_key(ec.SECP256R1())
    (folder / "cert.pem").write_bytes(certificate(key))
    (folder / "key.pem").write_bytes(pem(key))

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            made.methods.append(self.command)
            made.paths.append(self.path)
            made.bodies.append(self.rfile.read(int(self.headers.get("Content-Length", 0))))
            shown = self.connection.getpeercert() if isinstance(self.connection, ssl.SSLSocket) else None
            made.shown.append(shown)
            made.headers.append({name.lower(): value for name, value in self.headers.items()})
            self.send_response(made.status)
            self.send_header("Content-Length", str(len(made.answer)))
            self.end_headers()
            self.wfile.write(made.answer)

        do_GET = do_POST = do_PUT = do_DELETE = _answer

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    registrar = Enrolment(certificate(key), pem(key), b"")
    made = FakeCa(f"https://127.0.0.1:{server.server_port}", folder / "cert.pem", context, registrar)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def encoded(content: bytes) -> str:
    return base64.b64encode(content).decode()


def verified(fake: FakeCa, method: str, path: str) -> dict[str, Any]:
    """The last request's body, once its token is seen to be the registrar's over just this request."""
    assert (fake.methods[-1], fake.paths[-1]) == (method, path)
    own, signature = fake.headers[-1]["authorization"].split(".")
    assert base64.b64decode(own) == fake.registrar.certificate
    signed = f"{method}.{encoded(path.encode())}.{encoded(fake.bodies[-1])}.{own}".encode()
    public = load_key(fake.registrar.key).public_key()
    assert isinstance(public, ec.EllipticCurvePublicKey)
    public.verify(base64.b64decode(signature), signed, ec.ECDSA(hashes.SHA256()))
    return dict(json.loads(fake.bodies[-1])) if fake.bodies[-1] else {}
