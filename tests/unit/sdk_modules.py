"""The modules of `fabric_gateway` that programs may import."""

from __future__ import annotations

PUBLIC = [
    "fabric_gateway",
    "fabric_gateway.aio",
    "fabric_gateway.blocks",
    "fabric_gateway.ca",
    "fabric_gateway.ca.aio",
    "fabric_gateway.checkpoints",
    "fabric_gateway.checkpoints.sql",
    "fabric_gateway.errors",
    "fabric_gateway.extras",
    "fabric_gateway.identity",
    "fabric_gateway.identity.pkcs11",
    "fabric_gateway.outbox",
    "fabric_gateway.profile",
    "fabric_gateway.telemetry",
    "fabric_gateway.testing",
    "fabric_gateway.verification",
]

# Where modules were once, and where their names are now.
FORMER = {
    "fabric_gateway.aio_ca": "fabric_gateway.ca.aio",
    "fabric_gateway.block": "fabric_gateway.blocks",
    "fabric_gateway.pkcs11": "fabric_gateway.identity.pkcs11",
    "fabric_gateway.policy": "fabric_gateway.blocks",
    "fabric_gateway.sql": "fabric_gateway.checkpoints.sql",
}
