"""The folders that fabric-samples' test-network makes, around any network: names, MSP folders, profiles.

Its own network needs a container engine. What a program reads of it are these files only: where they are and
what is in them is as its `cryptogen` configuration, its script for Fabric CA and its `ccp-template.json` say.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from fabric_gateway.ca import Enrolment

Made = Literal["cryptogen", "ca"]
"""How test-network makes its certificates: with `cryptogen`, the default, or with Fabric CA (`-ca`)."""


@dataclass(frozen=True)
class Organisation:
    """One of test-network's organisations, and the nodes that play its part.

    Attributes:
        number: 1 or 2.
        peer: host and port of its peer.
        server_name: the name in the peer's TLS certificate.
        tls_root: what that certificate chains to, PEM.
        user: its user `User1`.
        authority: address of its certificate authority, `https://…`.
        authority_name: name of the authority in its server; default: test-network's.
        authority_root: what the authority's TLS certificate chains to, PEM; default: `tls_root`.
    """

    number: int
    peer: str
    server_name: str
    tls_root: bytes
    user: Enrolment
    authority: str = "https://localhost:7054"
    authority_name: str = ""
    authority_root: bytes = b""

    @property
    def domain(self) -> str:
        """Its name in the layout."""
        return f"org{self.number}.example.com"


def lay_out(organizations: Path, member: Organisation, made: Made) -> None:
    """Write what test-network writes for one organisation, below its folder `organizations`."""
    root = organizations / "peerOrganizations" / member.domain
    msp = root / "users" / f"User1@{member.domain}" / "msp"
    member.user.save(msp)
    (certificate,) = (msp / "signcerts").iterdir()
    (key,) = (msp / "keystore").iterdir()
    if made == "cryptogen":
        certificate.rename(certificate.with_name(f"User1@{member.domain}-cert.pem"))
        key.rename(key.with_name("priv_sk"))
    else:
        (msp / "IssuerPublicKey").write_bytes(b"")  # of Idemix, which fabric-ca-client leaves here
        (msp / "user").mkdir()
    (msp / "config.yaml").write_text("NodeOUs:\n  Enable: true\n")
    ca_root = member.authority_root or member.tls_root
    for path, content in {
        f"tlsca/tlsca.{member.domain}-cert.pem": member.tls_root,
        f"ca/ca.{member.domain}-cert.pem": ca_root,
        f"peers/peer0.{member.domain}/tls/ca.crt": member.tls_root,
    }.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(content)
    profile = connection_profile(member, member.tls_root.decode(), ca_root.decode())
    (root / f"connection-org{member.number}.json").write_text(json.dumps(profile, indent=4))


def connection_profile(member: Organisation, tls_root: str, ca_root: str) -> dict[str, object]:
    """What `ccp-template.json` becomes, with this network's addresses and names."""
    name, peer, authority = f"Org{member.number}", f"peer0.{member.domain}", f"ca.{member.domain}"
    return {
        "name": f"test-network-org{member.number}",
        "version": "1.0.0",
        "client": {"organization": name, "connection": {"timeout": {"peer": {"endorser": "300"}}}},
        "organizations": {
            name: {"mspid": f"{name}MSP", "peers": [peer], "certificateAuthorities": [authority]}
        },
        "peers": {
            peer: {
                "url": f"grpcs://{member.peer}",
                "tlsCACerts": {"pem": tls_root},
                "grpcOptions": {
                    "ssl-target-name-override": member.server_name,
                    "hostnameOverride": member.server_name,
                },
            }
        },
        "certificateAuthorities": {
            authority: {
                "url": member.authority,
                "caName": member.authority_name or f"ca-org{member.number}",
                "tlsCACerts": {"pem": [ca_root]},
                "httpOptions": {"verify": False},
            }
        },
    }
