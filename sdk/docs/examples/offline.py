"""A transaction whose key never comes near the program that sends it."""

from fabric_gateway import Identity
from fabric_gateway.testing import Invocation, MemoryGateway, make_identity


def assets(call: Invocation) -> str:
    """Stands for the chaincode."""
    call.put("car", call.arguments[0])
    return f"{call.mspid} gave the car to {call.arguments[0].decode()}"


class Wallet:
    """Where the key is: a phone, a hardware module, another computer."""

    def __init__(self) -> None:
        self._owner = make_identity()
        self.certificate = self._owner.certificate_pem

    def sign(self, message: bytes) -> bytes:
        """Show the user what it is, and sign it."""
        return self._owner.sign(message)


wallet = Wallet()
identity = Identity("Org1MSP", wallet.certificate)  # no key

with MemoryGateway({"assets": assets}) as memory, memory.connect(identity) as gateway:
    # --8<-- [start:steps]
    proposal = gateway.network("channel").contract("assets").proposal("Give", "Ben")
    proposal = gateway.signed_proposal(proposal.message, wallet.sign(proposal.bytes))

    transaction = proposal.endorse()
    print("to be signed:", transaction.result.decode())
    transaction = gateway.signed_transaction(transaction.message, wallet.sign(transaction.bytes))

    commit = transaction.submit()
    commit = gateway.signed_commit(commit.message, wallet.sign(commit.bytes))
    print("it is", commit.status().code)
    # --8<-- [end:steps]

    # --8<-- [start:stream]
    request = gateway.network("channel").filtered_blocks_request(start=1, stop=1)
    request = gateway.signed_filtered_block_events(request.message, wallet.sign(request.bytes))
    with request.stream() as blocks:
        for block in blocks:
            print("block", block.number, "has", len(block.transactions), "transaction")
    # --8<-- [end:stream]
