"""One network, and the results of programs on it under hfc and under fabric_gateway.hfc."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from hfc_authorities import authority
from hfc_running import Outcomes, Runner, configure, runners, settle, topology
from support import running

from kindpakket_network import Network


@pytest.fixture(scope="session")
def both(tmp_path_factory: pytest.TempPathFactory) -> tuple[Runner, Runner]:
    """The runners of programs under hfc and under fabric_gateway.hfc."""
    return runners(tmp_path_factory.mktemp("hfc"))


@pytest.fixture(scope="session")
def network(both: tuple[Runner, Runner], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    """The network of both, with their profiles and certificate authorities."""
    folder = tmp_path_factory.mktemp("trade")
    with ExitStack() as stack:
        authorities = {
            "authority": stack.enter_context(authority(folder / "today", takes_old_tokens=False)),
            "compatible_authority": stack.enter_context(authority(folder / "older", takes_old_tokens=True)),
        }
        made = stack.enter_context(running(topology(), folder))
        for runner in both:
            configure(runner, made, authorities)
        yield made


@pytest.fixture(scope="session")
def outcomes(both: tuple[Runner, Runner], network: Network) -> tuple[Outcomes, Outcomes]:
    """The program's results under hfc and under fabric_gateway.hfc: both act before either reads."""
    acts = [runner.run("program.py", "act", "configuration.json") for runner in both]
    settle(network)
    reads = [runner.run("program.py", "read", "configuration.json") for runner in both]
    usages = [runner.run("usages.py", "run", "configuration.json") for runner in both]
    theirs, ours = (
        Outcomes(runner.prefix, *results) for runner, *results in zip(both, acts, reads, usages, strict=True)
    )
    return theirs, ours
