"""The modules of `kindpakket.fabric` that programs may import."""

from __future__ import annotations

PUBLIC = [
    "kindpakket.fabric",
    "kindpakket.fabric.aio",
    "kindpakket.fabric.blocks",
    "kindpakket.fabric.ca",
    "kindpakket.fabric.ca.aio",
    "kindpakket.fabric.checkpoints",
    "kindpakket.fabric.checkpoints.sql",
    "kindpakket.fabric.errors",
    "kindpakket.fabric.extras",
    "kindpakket.fabric.identity",
    "kindpakket.fabric.identity.pkcs11",
    "kindpakket.fabric.outbox",
    "kindpakket.fabric.profile",
    "kindpakket.fabric.telemetry",
    "kindpakket.fabric.testing",
    "kindpakket.fabric.verification",
]

# Where modules were once, and where their names are now.
FORMER = {
    "kindpakket.fabric.aio_ca": "kindpakket.fabric.ca.aio",
    "kindpakket.fabric.block": "kindpakket.fabric.blocks",
    "kindpakket.fabric.pkcs11": "kindpakket.fabric.identity.pkcs11",
    "kindpakket.fabric.policy": "kindpakket.fabric.blocks",
    "kindpakket.fabric.sql": "kindpakket.fabric.checkpoints.sql",
}
