"""A client whose key is in a PKCS#11 token, as a separate program.

    hardware_key.py PROFILE MSPID CERTIFICATE MODULE TOKEN PIN LABEL

A PKCS#11 library reads its configuration once, when a process loads it, so tests with different tokens need
separate processes. The program prints what peers answered and endorsed as JSON.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from fabric_gateway import Identity, connect
from fabric_gateway.identity.pkcs11 import Pkcs11Signer

NAMED = (["Org1MSP"], ["Org2MSP"], ["Org3MSP"], ["Org1MSP", "Org3MSP"])


def main() -> None:
    """Submit and evaluate at organisations by name, and print who answered."""
    profile, mspid, certificate, module, token, pin, label = sys.argv[1:]
    with (
        Pkcs11Signer(module, token, pin, key_label=label) as key,
        connect(profile, Identity(mspid, Path(certificate).read_bytes(), key)) as gateway,
    ):
        ledger = gateway.network("scenario")
        contract = ledger.contract("open")
        endorsed = []
        for named in NAMED:
            private = {mspid: mspid for mspid in named}
            submitted = contract.submit_async("Echo", "key", transient=private, endorsing_organizations=named)
            block = ledger.block(submitted.status().block_number)
            (committed,) = (
                transaction
                for transaction in block.transactions
                if transaction.transaction_id == submitted.transaction_id
            )
            endorsed.append(sorted(endorsement.endorser.mspid for endorsement in committed.endorsements))
        answered = [
            json.loads(contract.evaluate("WhoAmI", endorsing_organizations=named))["peer"]
            for named in NAMED[:2]
        ]
    print(json.dumps({"endorsed": endorsed, "answered": answered}))


if __name__ == "__main__":
    main()
