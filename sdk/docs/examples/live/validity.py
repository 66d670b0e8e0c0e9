"""Derive which transactions in a peer's block files are valid, and compare with what the peer says."""

# --8<-- [start:derive]
import sqlite3

from fabric_gateway.verification import (
    BlockFiles,
    ChainVerifier,
    SignaturePool,
    Space,
    Validity,
    values_from,
    verify_chain,
)


def main() -> None:
    files = BlockFiles("chains/mychannel")
    connection = sqlite3.connect("verification.sqlite")
    validity = Validity(connection, read_value=values_from(files))
    with SignaturePool() as pool:
        verifier = ChainVerifier(channel="mychannel", verdicts=pool)
        for finding in verify_chain(files, verifier, pool, validity):
            print(finding.kind, finding.rule, finding.sentence)
    connection.commit()
    compare(validity)
    # --8<-- [end:derive]


# --8<-- [start:state]
def compare(validity: Validity) -> None:
    key = validity.state.get(Space("basic"), b"asset1")
    if key is not None:
        print(key.version, key.hash.hex())  # block and transaction, SHA-256 of the value
    for private in validity.state.keys(Space("basic", "prices")):
        print(private.key.hex(), private.hash.hex())  # hashes of key and value


# --8<-- [end:state]


if __name__ == "__main__":  # the pool starts processes, which import this file
    main()
