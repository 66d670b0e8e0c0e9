"""A peer or an orderer as a profile names it, in the attributes that hfc gives it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from fabric_gateway import ConnectOptions, ProfileError
from fabric_gateway.hfc.fabric._material import Material, material, read
from fabric_gateway.hfc.util.channel import NodeChannel, create_grpc_channel

N = TypeVar("N")

_TARGET_NAME = "grpc.ssl_target_name_override"
# As profiles of the SDKs for Node, Java and Go name it.
_OTHER_NAMES = ("ssl-target-name-override", "hostnameOverride")


class Node:
    """What peers and orderers have in common; see `Peer`."""

    section = ""
    """The profile's section that names such nodes."""

    def __init__(
        self,
        name: str,
        endpoint: str,
        tls_ca_cert_file: Material | None = None,
        client_key_file: Material | None = None,
        client_cert_file: Material | None = None,
        opts: Iterable[tuple[str, int | str]] | None = None,
    ) -> None:
        self._name = name
        self._endpoint = endpoint
        self._tls_ca_certs_path = tls_ca_cert_file
        self._client_key_path = client_key_file
        self._client_cert_path = client_cert_file
        self._grpc_options: dict[str, Any] = dict(opts or ())
        self._ssl_target_name: str | None = None
        self._contents: dict[Material, bytes] = {}
        self._opened: NodeChannel | None = None
        self._read_ahead()

    @property
    def name(self) -> str:
        """Its name in the profile."""
        return self._name

    @property
    def endpoint(self) -> str:
        """Host and port."""
        return self._endpoint

    @endpoint.setter
    def endpoint(self, endpoint: str) -> None:
        self._endpoint = endpoint

    def init_with_bundle(self, info: Mapping[str, Any]) -> bool:
        """Take what a profile says: `url`, `grpcOptions`, `tlsCACerts`, `clientKey`, `clientCert`; True.

        Certificates and keys are given by `path` or `pem`, and read now: their files may go away.

        Raises:
            ProfileError: there is no `url`, or a member is neither path nor PEM.
        """
        where = f"{self.section}.{self._name}"
        if not info.get("url"):
            raise ProfileError(f"{where}.url is missing: give host:port")
        self._endpoint = str(info["url"])
        self._grpc_options = dict(info.get("grpcOptions") or {})
        self._tls_ca_certs_path = material(f"{where}.tlsCACerts", info.get("tlsCACerts"))
        self._client_key_path = material(f"{where}.clientKey", info.get("clientKey"))
        self._client_cert_path = material(f"{where}.clientCert", info.get("clientCert"))
        self._ssl_target_name = self._grpc_options.get(_TARGET_NAME)
        self._read_ahead()
        return True

    def set_tls_client_cert_and_key(
        self, client_key_file: Material | None = None, client_cert_file: Material | None = None
    ) -> bool:
        """Set the client's own TLS certificate and key, for connections made from now on; True."""
        self._client_key_path = client_key_file
        self._client_cert_path = client_cert_file
        self._opened = None
        return True

    def get_attrs(self) -> str:
        """Name and address, as text."""
        return f"name={self._name},endpoint={self._endpoint}"

    def __str__(self) -> str:
        return f"[{type(self).__name__}:{self.get_attrs()}]"

    @property
    def _channel(self) -> NodeChannel:
        """The channel to the node itself, for what the Gateway service does not offer."""
        if self._opened is None:
            options = self._connecting()
            arguments = dict(options.get("channel_options", {}))
            if "server_name" in options:
                arguments[_TARGET_NAME] = str(options["server_name"])
            endpoint = options["endpoint"]
            self._opened = create_grpc_channel(
                str(endpoint) if "://" in str(endpoint) else f"grpcs://{endpoint}",
                options.get("tls_root"),
                options.get("client_key"),
                options.get("client_certificate"),
                arguments.items(),
            )
        return self._opened

    @_channel.setter
    def _channel(self, channel: Any) -> None:
        self._opened = channel

    async def close(self) -> None:
        """Close the connection to the node itself."""
        opened, self._opened = self._opened, None
        if opened is not None:
            await opened.close()

    def _read_ahead(self) -> None:
        """Read the files that can be read; hfc reads them here, and programs remove them after."""
        for given in (self._tls_ca_certs_path, self._client_key_path, self._client_cert_path):
            if given is not None and given not in self._contents:
                try:
                    self._contents[given] = read(f"{self.section}.{self._name}", given)
                except OSError:
                    continue  # whoever connects is told

    def _content(self, given: Material | None) -> Material | None:
        return None if given is None else self._contents.get(given, given)

    def _connecting(self) -> ConnectOptions:
        """How to connect, as `fabric_gateway.connect` takes it."""
        scheme, _, address = self._endpoint.rpartition("://")
        roots = self._content(self._tls_ca_certs_path)
        tls = scheme == "grpcs" or (not scheme and roots is not None)
        options: ConnectOptions = {"endpoint": address if tls else f"grpc://{address}"}
        if tls:
            options["tls_root"] = roots
        if self._client_cert_path is not None and self._client_key_path is not None:
            options["client_certificate"] = self._content(self._client_cert_path)
            options["client_key"] = self._content(self._client_key_path)
        arguments = dict(self._grpc_options)
        names = [arguments.pop(name, None) for name in (_TARGET_NAME, *_OTHER_NAMES)]
        name = next(filter(None, names), self._ssl_target_name)
        if name is not None:
            options["server_name"] = str(name)
        options["channel_options"] = {
            option: int(value) if isinstance(value, bool) else value
            for option, value in arguments.items()
            if option.startswith("grpc.")
        }
        return options
