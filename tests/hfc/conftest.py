"""One network, and what the program gives on it under hfc and under kindpakket.hfc."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import hfc_authorities
import hfc_environment
import pytest
from hfc_running import HERE, Outcomes, Runner, configure, packages, settle, topology
from support import running


@pytest.fixture(scope="session")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Outcomes, Outcomes]]:
    """What the program gives under hfc and under kindpakket.hfc: first both act, then both read."""
    folder = tmp_path_factory.mktemp("hfc")
    interpreter = hfc_environment.interpreter()
    with ExitStack() as stack:
        today = stack.enter_context(hfc_authorities.authority(folder / "today", takes_old_tokens=False))
        older = stack.enter_context(hfc_authorities.authority(folder / "older", takes_old_tokens=True))
        network = stack.enter_context(running(topology(), folder / "network"))
        runners = (
            Runner("theirs", interpreter, HERE / "program.py", folder / "theirs", None),
            Runner("ours", Path(sys.executable), folder / "program.py", folder / "ours", packages()),
        )
        ported = (HERE / "program.py").read_text().replace("\nfrom hfc.", "\nfrom kindpakket.hfc.")
        runners[1].program.write_text(ported)
        for runner in runners:
            configure(runner, network, {"authority": today, "compatible_authority": older})
        acts = [runner.run("act") for runner in runners]
        settle(network)
        reads = [runner.run("read") for runner in runners]
        yield (
            Outcomes(runners[0].prefix, acts[0], reads[0]),
            Outcomes(runners[1].prefix, acts[1], reads[1]),
        )
