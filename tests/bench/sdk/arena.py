"""The network on which clients are compared, and the jobs that they do on it."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from fabric_gateway import Identity, Profile, connect
from kindpakket_network import Network, Topology
from sdk.job import Job
from sdk.ledger import stored
from sdk.plan import Leg
from sdk.process import Measured, measure

CHANNEL, CHAINCODE, FUNCTION = "bench", "assets", "Create"
VALUE_BYTES = 100
_TOPOLOGY = Path(__file__).resolve().parent / "topology.yaml"
_SECONDS_TO_SETTLE = 60


@dataclass(frozen=True)
class Arena:
    """A network that runs, with one kind of ordering.

    Attributes:
        network: the network.
        commands: each client's command.
    """

    network: Network
    commands: Mapping[str, list[str]]

    def job(self, leg: Leg) -> Job:
        """What a client has to do in its turn: it speaks for alpha, to its peer, or if need be to beta's."""
        profile = Profile.load(self.network.profile("alpha"))
        folder = self.network.user("alpha", "client")
        peers = [profile.peer(), Profile.load(self.network.profile("beta")).peer()]
        return Job(
            endpoints=[peer.address for peer in peers],
            tls_roots=[(peer.tls_roots or b"").decode() for peer in peers],
            mspid=profile.mspid,
            certificate=only_file(folder / "signcerts").read_text(),
            private_key=only_file(folder / "keystore").read_text(),
            channel=CHANNEL,
            chaincode=CHAINCODE,
            function=FUNCTION,
            value="x" * VALUE_BYTES,
            warm_up=leg.warm_up,
            keys=leg.keys,
            in_flight=leg.in_flight,
        )

    def measure(self, leg: Leg) -> Measured:
        """Have a client take its turn; ten transactions in a second is the least that is waited for."""
        return measure(
            self.commands[leg.client], self.job(leg), deadline=120 + (leg.transactions + len(leg.warm_up)) / 2
        )

    def ledger(self, keys: Iterable[str]) -> Counter[str]:
        """How many valid transactions wrote each key, as beta's peer has them.

        Waits for keys that are not there yet, because what a client gave up may be ordered later.
        """
        wanted = set(keys)
        profile = Profile.load(self.network.profile("beta"))
        reader = Identity.from_msp(self.network.user("beta", "reader"), profile.mspid)
        end = time.monotonic() + _SECONDS_TO_SETTLE
        with connect(profile, reader) as gateway:
            while True:
                found = stored(gateway.network(CHANNEL), CHAINCODE)
                if wanted <= found.keys() or time.monotonic() > end:
                    return found
                time.sleep(1)


def only_file(folder: Path) -> Path:
    """The one file in a folder."""
    (file,) = (path for path in folder.iterdir() if path.is_file())
    return file


@contextmanager
def arena(
    ordering: str, folder: Path, commands: Mapping[str, list[str]], progress: Callable[[str], None]
) -> Iterator[Arena]:
    """A network with a kind of ordering on free ports, stopped at the end whatever happens."""
    members = dict(Topology.load(_TOPOLOGY).document) | {"ordering": {"type": ordering}}
    network = Network(Topology.read(members, _TOPOLOGY.parent).with_free_ports(), folder)
    try:
        network.up(progress)
        yield Arena(network, commands)
    finally:
        network.down()
