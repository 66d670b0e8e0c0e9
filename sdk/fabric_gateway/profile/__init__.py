"""Connection profiles: the peers, orderers and certificate authorities of an organisation."""

from fabric_gateway.profile._client_certificate import (
    ClientCertificate,
)
from fabric_gateway.profile._parts import (
    CertificateAuthority,
    Channel,
    Node,
    Orderer,
    Organization,
    Peer,
    Registrar,
)
from fabric_gateway.profile._profile import (
    Profile,
)

__all__ = [
    "CertificateAuthority",
    "Channel",
    "ClientCertificate",
    "Node",
    "Orderer",
    "Organization",
    "Peer",
    "Profile",
    "Registrar",
]
