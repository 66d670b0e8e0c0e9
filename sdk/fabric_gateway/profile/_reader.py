"""Reads connection profiles as Fabric's SDKs for Go, Node, Java and Python have written them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar
from urllib.parse import SplitResult, urlsplit

from fabric_gateway.errors import ProfileError
from fabric_gateway.identity._identity import Identity
from fabric_gateway.profile._client_certificate import ClientCertificate, pair
from fabric_gateway.profile._member import Member, kind
from fabric_gateway.profile._parts import (
    CertificateAuthority,
    Channel,
    Node,
    Orderer,
    Organization,
    Peer,
    Registrar,
)

N = TypeVar("N", bound=Node)

# Names for the name to expect in a TLS certificate: Node and Java, Go, gRPC itself.
_SERVER_NAMES = ("ssl-target-name-override", "hostnameOverride", "grpc.ssl_target_name_override")
# gRPC channel arguments under the names of the SDK for Node.
_OPTIONS = {
    "grpc-max-send-message-length": "grpc.max_send_message_length",
    "grpc-max-receive-message-length": "grpc.max_receive_message_length",
}


def organization(name: str, at: Member) -> Organization:
    """Read an organisation."""
    mspid = at.need("mspid").text()
    certificate, key = at.get("signedCert"), at.get("adminPrivateKey")

    def admin() -> Identity:
        if certificate is None or key is None:
            missing = "signedCert" if certificate is None else "adminPrivateKey"
            raise at.child(missing, None).wrong("is missing")
        return Identity(mspid, certificate.content(), key.content())

    return Organization(
        name=name,
        mspid=mspid,
        peers=at.names("peers"),
        certificate_authorities=at.names("certificateAuthorities"),
        _admin=admin if certificate or key else None,
    )


def node(type_: type[N], name: str, at: Member) -> N:
    """Read a peer or an orderer."""
    parts = _url(at)
    options = at.get("grpcOptions")
    names = [options.text_of(option) for option in _SERVER_NAMES] if options else []
    return type_(
        name=name,
        address=parts.netloc,
        tls=parts.scheme == "grpcs",
        tls_roots=_roots(at),
        server_name=next((override for override in names if override), None),
        options=_options(options) if options else {},
    )


def _url(at: Member) -> SplitResult:
    """The address of a node; without a scheme, with TLS if there are certificates to trust."""
    url = at.need("url")
    text = url.text()
    if "://" not in text:
        text = f"{'grpcs' if at.get('tlsCACerts') else 'grpc'}://{text}"
    parts = urlsplit(text)
    try:
        port = parts.port
    except ValueError as error:
        raise url.wrong(f"is {url.text()!r}: {error}") from error
    if parts.scheme not in {"grpc", "grpcs"} or not parts.hostname or not port or parts.path.strip("/"):
        raise url.wrong(f"is {url.text()!r}: it must be grpcs://host:port, or grpc://host:port without TLS")
    return parts


def _options(at: Member) -> dict[str, int | str]:
    """The gRPC channel arguments among `grpcOptions`; the rest are settings of other SDKs."""
    found: dict[str, int | str] = {}
    for name, value in at.mapping().items():
        argument = _OPTIONS.get(name, name)
        if not argument.startswith("grpc.") or argument in _SERVER_NAMES:
            continue
        if not isinstance(value, int | str):
            raise at.child(name, value).wrong(f"must be a number or text, not {kind(value)}")
        found[argument] = int(value) if isinstance(value, bool) else value
    return found


def authority(name: str, at: Member) -> CertificateAuthority:
    """Read a certificate authority."""
    url = at.need("url")
    if urlsplit(url.text()).scheme not in {"http", "https"}:
        raise url.wrong(f"is {url.text()!r}: it must be https://host:port")
    roots = at.get("tlsCACerts")
    client = roots.get("client") if roots else None
    return CertificateAuthority(
        name=name,
        url=url.text(),
        ca_name=at.text_of("caName"),
        tls_roots=_roots(at),
        registrars=_registrars(at),
        client_certificate=client_certificate(roots) if client else None,
    )


def _registrars(at: Member) -> tuple[Registrar, ...]:
    member = at.get("registrar")
    if member is None:
        return ()
    items = member.items("registrars") if isinstance(member.value, list) else (member,)
    return tuple(
        Registrar(registrar.need("enrollId").text(), registrar.need("enrollSecret").text())
        for registrar in items
    )


def channel(name: str, at: Member, peers: Mapping[str, Peer], orderers: Mapping[str, Orderer]) -> Channel:
    """Read a channel, and check that its nodes are there."""
    channel = Channel(name, _listed(at, "peers"), _listed(at, "orderers"))
    known(at, "peers", channel.peers, peers)
    known(at, "orderers", channel.orderers, orderers)
    return channel


def _listed(at: Member, name: str) -> tuple[str, ...]:
    """Names as a list, or as a mapping from names to what each is used for."""
    member = at.get(name)
    if member is None:
        return ()
    return at.names(name) if isinstance(member.value, list) else tuple(member.mapping())


def known(at: Member, member: str, names: tuple[str, ...], there: Mapping[str, object]) -> None:
    """Check that all of a list of names are names of the profile."""
    for name in names:
        if name not in there:
            raise at.need(member).wrong(f"names {name!r}, which is not among {member} of the profile")


def client_certificate(certificates: Member | None) -> ClientCertificate | None:
    """What is under `client`: `cert` and `key`, or the names of files as the SDK for Java has them."""
    own = certificates.get("client") if certificates else None
    if own is None:
        return None
    found = [_material(own, "cert", "certfile"), _material(own, "key", "keyfile")]
    try:
        return pair(found[0], found[1])
    except ProfileError as error:
        raise own.wrong(f"cannot be used: {error}") from error


def _material(at: Member, name: str, file: str) -> bytes | None:
    member = at.get(name)
    if member is not None:
        return member.content()
    named = at.get(file)
    return named.file() if named else None


def _roots(at: Member) -> bytes | None:
    member = at.get("tlsCACerts")
    if member is None or not (member.get("pem") or member.get("path")):
        if member is not None and not member.get("client"):
            raise member.child("path", None).wrong("is missing")
        return None
    content = member.content()
    if b"-----BEGIN CERTIFICATE-----" not in content:
        raise (member.get("pem") or member.need("path")).wrong("holds no certificate in PEM")
    return content
