"""A channel's present configuration, and the consenters in it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Self

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from google.protobuf.message import DecodeError

from kindpakket_network.channel import messages as m
from kindpakket_network.description.host import at
from kindpakket_network.errors import NetworkError

APPLICATION = "Application"
ORDERER = "Orderer"


@dataclass(frozen=True)
class Consenter:
    """A consenter as the configuration names it.

    Attributes:
        id: its id; on Raft, which does not record it, its place in the configuration.
        msp: its organisation's MSP id.
        host: the host at which others reach it.
        port: its port.
        identity: its enrolment certificate, PEM; empty on Raft, which does not record it.
        client_tls: its TLS client certificate, PEM.
        server_tls: its TLS server certificate, PEM.
    """

    id: int
    msp: str
    host: str
    port: int
    identity: bytes = field(repr=False)
    client_tls: bytes = field(repr=False)
    server_tls: bytes = field(repr=False)

    def same(self, other: Consenter) -> bool:
        """Whether both are the same but for their ids, ignoring white space around the certificates."""
        return _comparable(self) == _comparable(other)


@dataclass(frozen=True)
class Configuration:
    """A channel's configuration, read from a configuration block.

    Attributes:
        channel: the channel's name.
        block: the number of the block.
        group: the configuration, a `common.ConfigGroup`.
        sequence: the number of changes so far.
        update: the change that led to it, as the signed bytes; empty in the genesis block.
        content: the block, as a consenter returned it, by which another one can join.
    """

    channel: str
    block: int
    group: Any = field(repr=False)
    sequence: int
    update: bytes = field(repr=False)
    content: bytes = field(repr=False, compare=False, default=b"")

    @classmethod
    def read(cls, block: bytes) -> Self:
        """The configuration in a configuration block.

        Raises:
            NetworkError: the bytes are not such a block.
        """
        try:
            message = m.common.Block.FromString(block)
            payload = m.common.Payload.FromString(m.common.Envelope.FromString(message.data.data[0]).payload)
            header = m.common.ChannelHeader.FromString(payload.header.channel_header)
            if header.type != m.common.CONFIG:
                raise NetworkError(f"block {message.header.number} is not a configuration block")
            found = m.configtx.ConfigEnvelope.FromString(payload.data)
            last = m.common.Payload.FromString(found.last_update.payload)
            update = m.configtx.ConfigUpdateEnvelope.FromString(last.data).config_update
        except (DecodeError, IndexError) as error:
            raise NetworkError(f"these {len(block)} bytes are not a configuration block: {error}") from error
        return cls(
            header.channel_id,
            message.header.number,
            found.config.channel_group,
            found.config.sequence,
            update,
            block,
        )

    @property
    def raft(self) -> bool:
        """Whether the channel is ordered by Raft."""
        return bool(self._consensus().type == "etcdraft")

    def consenters(self) -> tuple[Consenter, ...]:
        """Its consenters in the order of the configuration, which on BFT is the order of their ids."""
        if not self.raft:
            value = self.group.groups[ORDERER].values["Orderers"].value
            return tuple(
                Consenter(
                    consenter.id,
                    consenter.msp_id,
                    consenter.host,
                    consenter.port,
                    consenter.identity,
                    consenter.client_tls_cert,
                    consenter.server_tls_cert,
                )
                for consenter in m.configuration.Orderers.FromString(value).consenter_mapping
            )
        owners = {
            address: msp
            for msp, organisation in self.group.groups[ORDERER].groups.items()
            for address in m.configuration.OrdererAddresses.FromString(
                organisation.values["Endpoints"].value
            ).addresses
        }
        return tuple(
            Consenter(
                number,
                owners.get(at(consenter.host, consenter.port), ""),
                consenter.host,
                consenter.port,
                b"",
                consenter.client_tls_cert,
                consenter.server_tls_cert,
            )
            for number, consenter in enumerate(
                m.etcdraft.ConfigMetadata.FromString(self._consensus().metadata).consenters, 1
            )
        )

    def _consensus(self) -> Any:
        return m.orderer.ConsensusType.FromString(self.group.groups[ORDERER].values["ConsensusType"].value)


def _comparable(consenter: Consenter) -> Consenter:
    def essence(pem: bytes) -> bytes:
        return x509.load_pem_x509_certificate(pem).fingerprint(SHA256()) if pem else b""

    return replace(
        consenter,
        id=0,
        identity=essence(consenter.identity),
        client_tls=essence(consenter.client_tls),
        server_tls=essence(consenter.server_tls),
    )
