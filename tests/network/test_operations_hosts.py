"""Four organisations, each on its own machine with its own keys, from their first file to a payment.

The machines are network namespaces with real addresses and DNS names. On each, the nodes run from the units
that `export systemd` writes, and the organisation's operator has only the commands.
"""

from __future__ import annotations

import copy
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml
from machines import Machine, allowed, machines
from service_manager import ServiceManager

from kindpakket_network import Topology
from kindpakket_network.description import ports
from kindpakket_network.programs.home import Home, write
from kindpakket_network.programs.wait import until
from patience import PATIENCE

pytestmark = [
    pytest.mark.skipif(not allowed(), reason="network namespaces need root and iproute2"),
    pytest.mark.alone,
]

ORGANISATIONS = ("gemeente", "winkels", "auditor", "regie")
TOWN = "town"
CHANNEL = "zuidhorn"
DONE, WAITS = 0, 5
ROUNDS = 8
LONGEST_PAYMENT = 10.0
LONGEST_CUT_OFF = 20.0
LARGEST_KEY = 1 << 16  # bytes of a file with one; programs are larger


@dataclass
class Operator:
    """An organisation's operator, at its machine."""

    organisation: str
    machine: Machine
    home: Path
    topology: Path
    output: str = field(default="", repr=False)

    def begin(self, *arguments: str) -> subprocess.Popen[str]:
        """Start a command of the network tool."""
        program = [
            sys.executable,
            "-c",
            "from kindpakket_cli.main import main; main()",
            "network",
            *arguments,
        ]
        return subprocess.Popen(
            [*self.machine.within, *program, "--home", str(self.home)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )

    def end(self, process: subprocess.Popen[str]) -> int:
        """Wait for a command to end, and return its exit code."""
        self.output, _ = process.communicate()
        return process.returncode

    def run(self, *arguments: str) -> str:
        """Run a command that must succeed, and return what it prints."""
        code = self.end(self.begin(*arguments))
        assert code == DONE, self.output
        return self.output

    def status(self) -> dict[str, Any]:
        """The status, as the organisation's operator sees it."""
        self.end(self.begin("status", "--json"))
        return dict(json.loads(self.output))

    def heights(self) -> dict[str, int | None]:
        """The heights of the organisation's own nodes."""
        return dict(self.status()["channels"][0]["heights"])


class Town:
    """The people of the town, on their own machine."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def ask(self, word: str) -> dict[str, Any]:
        """Send a command, and return the answer."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(word + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, "the town has ended: see what it wrote"
        return dict(json.loads(line))

    def pay(self, count: int, tries: int | None = 1) -> list[float]:
        """Make payments that must all succeed, and return how long each took, in seconds.

        Args:
            count: how many payments.
            tries: how often a till may have to send an order; None for no limit.
        """
        answers = [self.ask("pay") for _ in range(count)]
        assert [
            answer for answer in answers if "error" in answer or answer["tries"] > (tries or answer["tries"])
        ] == []
        return [answer["seconds"] for answer in answers]


@pytest.fixture(scope="module")
def hosts() -> Iterator[Mapping[str, Machine]]:
    with machines([*ORGANISATIONS, TOWN]) as made:
        yield made


@pytest.fixture(scope="module")
def operators(
    hosts: Mapping[str, Machine], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Operator]]:
    """The operators, whose units are in use but do not run yet; everything is taken down at the end."""
    folder = tmp_path_factory.mktemp("hosts")
    topology = folder / "topology.yaml"
    topology.write_text(yaml.safe_dump(spread(hosts), sort_keys=False), "utf-8")
    made = {name: Operator(name, hosts[name], folder / name / "home", topology) for name in ORGANISATIONS}
    with ExitStack() as stack:
        for name, operator in made.items():
            units = folder / name / "units"
            operator.run(
                *("export", "systemd", "--topology", str(topology), "--host", name),
                *("--user", "root", "-o", str(units)),
            )
            stack.enter_context(ServiceManager(units, operator.machine.within).running())
        try:
            yield made
        finally:
            in_parallel(made, "down")


def spread(hosts: Mapping[str, Machine]) -> dict[str, Any]:
    """The packaged topology with a host for each organisation."""
    document: dict[str, Any] = copy.deepcopy(dict(Topology.packaged("kindpakket").document))
    document["hosts"] = {
        name: {"address": hosts[name].dns, "listen": hosts[name].address} for name in ORGANISATIONS
    }
    for organisation in document["organisations"]:
        organisation["host"] = organisation["name"]
    return document


def in_parallel(operators: Mapping[str, Operator], *arguments: str) -> dict[str, int]:
    """Run the same command on all machines at the same time, and return the exit codes."""
    begun = {name: operator.begin(*arguments) for name, operator in operators.items()}
    return {name: operators[name].end(process) for name, process in begun.items()}


def up(operators: Mapping[str, Operator]) -> dict[str, int]:
    """Every operator brings its own part up."""
    begun = {
        name: operator.begin(
            "up", "--supervised", "--organisation", name, "--topology", str(operator.topology)
        )
        for name, operator in operators.items()
    }
    codes = {name: operators[name].end(process) for name, process in begun.items()}
    for name, code in codes.items():
        assert code in (DONE, WAITS), operators[name].output
    return codes


@pytest.fixture(scope="module")
def first_up(operators: dict[str, Operator]) -> dict[str, tuple[int, str]]:
    """Exit code and output of the operators' first `up`, when nobody knew anything about the others."""
    codes = up(operators)
    return {name: (codes[name], operator.output) for name, operator in operators.items()}


@pytest.fixture(scope="module")
def bundles(
    operators: dict[str, Operator],
    first_up: dict[str, tuple[int, str]],
    tmp_path_factory: pytest.TempPathFactory,
) -> list[Path]:
    """A bundle of each organisation, exported after its first `up` and admitted by all."""
    folder = tmp_path_factory.mktemp("bundles")
    files = [folder / f"{name}.json" for name in first_up]
    for name, file in zip(first_up, files, strict=True):
        operators[name].run("export", "organisation", name, "-o", str(file))
    assert set(in_parallel(operators, "admit", *map(str, files)).values()) == {DONE}
    return files


@pytest.fixture(scope="module")
def live(
    operators: dict[str, Operator], bundles: list[Path], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Operator]:
    """The network, after one organisation made the channel's genesis block and all did their parts."""
    block = tmp_path_factory.mktemp("block") / "zuidhorn.json"
    operators["winkels"].run("export", "channel", CHANNEL, "-o", str(block))
    assert set(in_parallel(operators, "admit", str(block)).values()) == {DONE}
    for _ in range(ROUNDS):
        if set(up(operators).values()) == {DONE}:
            return operators
    pytest.fail("\n".join(operator.output for operator in operators.values()))


@pytest.fixture(scope="module")
def town(
    hosts: Mapping[str, Machine], live: dict[str, Operator], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Town]:
    folder = tmp_path_factory.mktemp("town")
    # The people's certificates and profiles are gathered in one folder of their machine.
    home = Home(folder / "home")
    home.create()
    write(home.topology, Topology.load(live["gemeente"].topology).as_yaml())
    for name, operator in live.items():
        home.organisation(name).symlink_to(Home(operator.home).organisation(name))
    program = [sys.executable, str(Path(__file__).with_name("town_elsewhere.py"))]
    with town_process([*hosts[TOWN].within, *program, str(home.root), str(folder)]) as process:
        made = Town(process)
        assert made.ask("found")["vouchers"]
        yield made


@contextmanager
def town_process(arguments: list[str]) -> Iterator[subprocess.Popen[str]]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(
        arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        yield process
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(PATIENCE) == 0


def test_the_first_up_waits_for_the_others(first_up: dict[str, tuple[int, str]]) -> None:
    for name, (code, output) in first_up.items():
        others = ", ".join(other for other in ORGANISATIONS if other != name)
        assert code == WAITS, output
        assert f"{CHANNEL} waits for {others}" in output


def test_bundles_hold_no_keys_and_no_home_has_those_of_another(
    live: dict[str, Operator], bundles: list[Path]
) -> None:
    assert not any("PRIVATE KEY" in file.read_text("utf-8") for file in bundles)
    for name, operator in live.items():
        holders = {
            path.relative_to(operator.home).parts[1]
            for path in operator.home.rglob("*")
            if path.is_file() and path.stat().st_size < LARGEST_KEY and b"PRIVATE KEY" in path.read_bytes()
        }
        assert holders == {name} | {f"{node}.{name}" for node in nodes(name)} | chaincodes(name)


def nodes(name: str) -> set[str]:
    return {"orderer"} if name == "regie" else {"orderer", "peer0"}


def chaincodes(name: str) -> set[str]:
    return set() if name == "regie" else {f"chaincode.peer0.{name}.kindpakket"}


def test_services_listen_on_the_address_of_the_host_and_all_else_on_the_loopback(
    live: dict[str, Operator], hosts: Mapping[str, Machine]
) -> None:
    base = Topology.load(live["gemeente"].topology).base
    for number, name in enumerate(ORGANISATIONS):
        services = {ports.authority(base, number)[0], ports.consenter(base, number)[0]}
        if "peer0" in nodes(name):
            services.add(ports.peer(base, number, 0)[0])
        sockets = hosts[name].listening()
        assert {port for address, port in sockets if address != "127.0.0.1"} == services
        assert {address for address, port in sockets if port in services} == {hosts[name].address}


def test_every_operator_sees_the_own_nodes(live: dict[str, Operator]) -> None:
    for name, operator in live.items():
        status = operator.status()
        running = {node["node"] for node in status["nodes"] if node["running"]}
        expected = {f"{node}.{name}" for node in nodes(name)} | {f"ca.{name}"} | chaincodes(name)
        assert running == expected
        assert all(node["node"].endswith(f".{name}") or name in node["node"] for node in status["nodes"])


def test_payments_go_from_a_machine_to_the_others(town: Town) -> None:
    assert max(town.pay(5)) < LONGEST_PAYMENT


def test_payments_go_on_while_a_machine_is_cut_off_and_it_catches_up(
    town: Town, live: dict[str, Operator], hosts: Mapping[str, Machine]
) -> None:
    before = live["auditor"].heights()["peer0.auditor"]
    with hosts["auditor"].cut_off():
        # A peer that received its blocks from the lost machine lags behind until it suspects the loss.
        assert max(town.pay(5, tries=None)) < LONGEST_CUT_OFF
        assert max(town.pay(5)) < LONGEST_PAYMENT
        assert live["auditor"].heights()["peer0.auditor"] == before

    def caught_up() -> bool | None:
        heights = {**live["auditor"].heights(), **live["gemeente"].heights()}
        return len(set(heights.values())) == 1 or None

    assert until(caught_up, PATIENCE, interval=1.0), (live["auditor"].heights(), live["gemeente"].heights())
    town.pay(2)
    for name, operator in live.items():
        log = Home(operator.home).log(f"orderer.{name}").read_text("utf-8", errors="replace")
        assert "Couldn't verify" not in log


def test_an_upgrade_is_approved_by_each_and_committed_by_the_last_that_it_needs(
    town: Town, live: dict[str, Operator], tmp_path: Path
) -> None:
    document = yaml.safe_load(live["gemeente"].topology.read_text("utf-8"))
    document["channels"][0]["chaincodes"][0]["version"] = "1.1"
    newer = tmp_path / "topology.yaml"
    newer.write_text(yaml.safe_dump(document, sort_keys=False), "utf-8")
    deploy = ("deploy", "--topology", str(newer))
    municipality, auditor = live["gemeente"], live["auditor"]

    assert municipality.end(municipality.begin(*deploy)) == WAITS
    assert "sequence 2" in municipality.output and "winkels, auditor must" in municipality.output
    town.pay(2)
    assert "sequence 2" in live["winkels"].run(*deploy)
    town.pay(2)
    assert auditor.end(auditor.begin("deploy")) == 1
    assert "GemeenteMSP, WinkelsMSP committed a different definition" in auditor.output
    assert "sequence 2" in auditor.run(*deploy)
    assert "sequence 2" in municipality.run(*deploy)
    assert max(town.pay(2)) < LONGEST_PAYMENT


def test_a_killed_node_comes_back_with_its_service(town: Town, live: dict[str, Operator]) -> None:
    shops = live["winkels"]
    pids = {node["node"]: node["pid"] for node in shops.status()["nodes"]}
    os.kill(pids["peer0.winkels"], signal.SIGKILL)

    def back() -> bool | None:
        now = {node["node"]: node["pid"] for node in shops.status()["nodes"]}
        return now["peer0.winkels"] not in (None, pids["peer0.winkels"]) or None

    assert until(back, PATIENCE, interval=0.5)
    assert shops.run("up")
    assert max(town.pay(2)) < LONGEST_PAYMENT


def test_a_forged_bundle_is_refused(live: dict[str, Operator], bundles: list[Path], tmp_path: Path) -> None:
    forged = json.loads(bundles[0].read_text("utf-8"))
    other = json.loads(bundles[1].read_text("utf-8"))
    forged.update({name: other[name] for name in ("identity_root", "tls_root", "consenter")})
    file = tmp_path / "forged.json"
    file.write_text(json.dumps(forged), "utf-8")
    operator = live["regie"]
    assert operator.end(operator.begin("admit", str(file))) == 1
    assert "is rejected" in operator.output


@pytest.mark.proof("renews the roots of one organisation on its own machine, too")
def test_an_organisation_renews_its_roots_on_its_own_machine(
    town: Town, live: dict[str, Operator], tmp_path: Path
) -> None:
    auditor, change = live["auditor"], str(tmp_path / "change.json")
    others = {name: operator for name, operator in live.items() if operator is not auditor}
    old = roots_of(live, "auditor")
    auditor.run("roots", "introduce")
    town.pay(2)
    assert all(roots_of({name: operator}, "auditor") == old for name, operator in others.items())
    assert set(in_parallel(others, "up").values()) == {DONE}
    assert len(roots_of(live, "auditor")) == len(old) + 1
    town.pay(2)

    assert auditor.end(auditor.begin("roots", "replace", "--yes")) == WAITS, auditor.output
    assert "channel propose" in auditor.output
    town.pay(2)
    auditor.run("channel", "propose", CHANNEL, "-o", change)
    for name in ("auditor", "gemeente", "winkels"):
        live[name].run("channel", "sign", change, "--yes")
    auditor.run("stop", "orderer.auditor")
    live["gemeente"].run("channel", "submit", change)
    auditor.run("up")
    auditor.run("roots", "replace", "--yes")
    town.pay(2)
    auditor.run("roots", "retire", "--yes")
    assert set(in_parallel(others, "up").values()) == {DONE}
    town.pay(2)
    assert auditor.run("roots", "show") == "No roots are being renewed.\n"
    new = roots_of(live, "auditor")
    assert len(new) == len(old) and new != old
    bundle = tmp_path / "auditor.json"
    auditor.run("export", "organisation", "auditor", "-o", str(bundle))
    assert set(in_parallel(others, "admit", str(bundle)).values()) == {DONE}
    for operator in live.values():
        assert operator.status()["findings"] == []


def roots_of(operators: Mapping[str, Operator], organisation: str) -> set[bytes]:
    """The TLS roots of an organisation, which all of these homes trust alike."""
    (content,) = {Home(operator.home).tls_root(organisation).read_bytes() for operator in operators.values()}
    mark = b"-----BEGIN"
    return {mark + part for part in content.split(mark)[1:]}


def test_what_is_down_stays_down_until_it_is_brought_up(live: dict[str, Operator]) -> None:
    operator = live["regie"]
    operator.run("down")
    assert not any(node["running"] for node in operator.status()["nodes"])
    operator.run("up")
    assert all(node["running"] for node in operator.status()["nodes"])
