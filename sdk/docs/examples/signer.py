"""A signer of your own: the key stays in a service, which signs what it is given."""

from fabric_gateway import Hash, Identity
from fabric_gateway.testing import Invocation, MemoryGateway, make_identity


def echo(call: Invocation) -> bytes:
    """Stands for the chaincode."""
    return call.arguments[0]


# --8<-- [start:signer]
class KeyService:
    """Stands for a service that keeps the key."""

    def __init__(self) -> None:
        self._owner = make_identity()
        self.certificate = self._owner.certificate_pem
        self.signed = 0

    def sign(self, digest: bytes) -> bytes:
        """With `Hash.NONE`, which this service asks for, the digest is the message itself."""
        self.signed += 1
        return self._owner.sign(digest)


service = KeyService()
identity = Identity("Org1MSP", service.certificate, service, hash=Hash.NONE)
# --8<-- [end:signer]

with MemoryGateway({"echo": echo}) as memory, memory.connect(identity) as gateway:
    print(gateway.network("channel").contract("echo").submit("Echo", "good day").decode())
    print("signatures asked of the service:", service.signed)
