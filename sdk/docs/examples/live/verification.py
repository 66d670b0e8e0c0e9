"""Verify the block files of a peer, which were copied from its disk."""

# --8<-- [start:verify]
from fabric_gateway.verification import BlockFiles, ChainVerifier, SignaturePool, verify_chain


def main() -> None:
    anchor = bytes.fromhex("c00289b362758c366ea05b38c31481c51e36192ff3d181e01c8ca3094b897f46")
    with SignaturePool() as pool:
        verifier = ChainVerifier(anchor=anchor, verdicts=pool)
        for finding in verify_chain(BlockFiles("chains/mychannel"), verifier, pool):
            print(finding.kind, finding.rule, finding.sentence)
    print(verifier.checkpoint)


if __name__ == "__main__":  # the pool starts processes, which import this file
    main()
# --8<-- [end:verify]
