"""The transport of Fabric CA's calls: HTTP over TLS, the same for sync and asyncio."""

from __future__ import annotations

import os
import ssl
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

from fabric_gateway import _arguments as check
from fabric_gateway._connection.targets import Pem, ProfileLike
from fabric_gateway.ca._call import CaCall
from fabric_gateway.ca._errors import CaError, CaUnreachable
from fabric_gateway.profile._client_certificate import ClientCertificate
from fabric_gateway.profile._profile import Profile

if TYPE_CHECKING:
    import httpx


class BaseCaClient:
    """A connection to one authority, before its driver is known.

    Attributes:
        url: where the server answers.
        name: name of the authority within its server; "" for the server's default.
    """

    def __init__(
        self,
        url: str,
        name: str = "",
        tls_root: Pem | None = None,
        *,
        client_certificate: ClientCertificate | None = None,
        timeout: float = 15.0,
    ) -> None:
        """Make a client. No message is sent before the first call.

        Args:
            url: `https://host:port`.
            name: name of the authority within its server (`caName` in connection profiles); default: the
                server's default.
            tls_root: certificates, PEM, or a file with them, that the server's TLS certificate must chain to;
                default: those of the system.
            client_certificate: what the client shows for itself in mutual TLS.
            timeout: seconds for one call.

        Raises:
            CaError: the address or the certificates cannot be used.
        """
        check.name("url", url)
        if urlsplit(url).scheme not in {"http", "https"} or not urlsplit(url).hostname:
            raise CaError(f"url {url!r}: give https://host:port")
        self.url = url.rstrip("/")
        self.name = name
        self._timeout = timeout
        self._context = _context(tls_root, client_certificate)
        self._open()

    @classmethod
    def from_profile(cls, profile: ProfileLike, name: str | None = None, *, timeout: float = 15.0) -> Self:
        """A client of an authority that a connection profile names.

        Args:
            profile: a connection profile, or the path of one.
            name: the authority's name in the profile; default: the first one of the client's organisation.
            timeout: seconds for one call.

        Raises:
            ProfileError: the profile cannot be used, or names no such authority.
        """
        loaded = profile if isinstance(profile, Profile) else Profile.load(profile)
        found = loaded.certificate_authority(name)
        return cls(
            found.url,
            found.ca_name,
            found.tls_roots,
            client_certificate=found.client_certificate,
            timeout=timeout,
        )

    def _open(self) -> None:
        raise NotImplementedError

    def _request(self, client: httpx.Client | httpx.AsyncClient, call: CaCall[Any]) -> httpx.Request:
        headers = {"content-type": "application/json"} if call.body else {}
        request = client.build_request(
            call.method, f"{self.url}/api/v1/{call.path}", content=call.body or None, headers=headers
        )
        authorization = call.authorization(request.url.raw_path.decode())
        if authorization is not None:
            request.headers["authorization"] = authorization
        return request


def unreachable(name: str, request: httpx.Request, error: Exception) -> CaUnreachable:
    """The error for a call that got no answer."""
    words = str(error) or type(error).__name__
    return CaUnreachable(f"no answer from the authority {name or '(default)'} at {request.url}: {words}")


def _context(roots: Pem | None, client: ClientCertificate | None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if roots is None:
        context.load_default_certs()
    else:
        named = "the certificates given" if isinstance(roots, bytes) else os.fspath(roots)
        try:
            content = roots if isinstance(roots, bytes) else Path(roots).read_bytes()
            context.load_verify_locations(cadata=content.decode("ascii", errors="replace"))
        except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
            raise CaError(f"tls_root: {named} cannot be used as certificates in PEM: {error}") from error
    if client is not None:
        _show(context, client)
    return context


def _show(context: ssl.SSLContext, client: ClientCertificate) -> None:
    """Python's ssl reads certificates and keys from files only."""
    with tempfile.TemporaryDirectory() as folder:  # 0700
        file = Path(folder) / "client.pem"
        file.touch(mode=0o600)
        file.write_bytes(client.key + b"\n" + client.chain)
        context.load_cert_chain(file)
