"""Connection profiles: the peers, orderers and certificate authorities of an organisation."""

from kindpakket.fabric.profile._client_certificate import (
    ClientCertificate,
)
from kindpakket.fabric.profile._parts import (
    CertificateAuthority,
    Channel,
    Node,
    Orderer,
    Organization,
    Peer,
    Registrar,
)
from kindpakket.fabric.profile._profile import (
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
