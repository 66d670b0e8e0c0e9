"""What Prometheus is given: whom to ask, how to show who asks, when to call somebody."""

from __future__ import annotations

import re
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from issuing import filled

from kindpakket_cli.network.group import network
from kindpakket_network import Topology
from kindpakket_network.backups.contents import Manifest
from kindpakket_network.backups.record import record
from kindpakket_network.certificates.expiry import expiries
from kindpakket_network.exports.alerts import rules
from kindpakket_network.exports.metrics import metrics
from kindpakket_network.exports.monitoring import CONFIGURATION, DASHBOARD, RULES, monitoring
from kindpakket_network.nodes.own_organisations import choose_organisations
from kindpakket_network.nodes.session import Session
from kindpakket_network.programs.home import Home


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Session:
    return filled(tmp_path_factory.mktemp("watched"), Topology.packaged("kindpakket"))


def configuration(session: Session) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(
        monitoring(session.topology, session.home, session.inventory)[CONFIGURATION]
    )
    return found


def alerts_of(topology: Topology) -> dict[str, dict[str, Any]]:
    return {one["alert"]: one for group in rules(topology)["groups"] for one in group["rules"]}


def test_each_organisations_nodes_are_asked_with_its_own_certificate(session: Session) -> None:
    jobs = {job["job_name"]: job for job in configuration(session)["scrape_configs"]}
    assert list(jobs) == [f"kindpakket-{name}" for name in ("gemeente", "winkels", "auditor", "regie")]
    shops = jobs["kindpakket-winkels"]
    assert shops["scheme"] == "https"
    assert {one["labels"]["node"] for one in shops["static_configs"]} == {"orderer.winkels", "peer0.winkels"}
    for name in ("ca_file", "cert_file", "key_file"):
        path = Path(shops["tls_config"][name])
        assert path.is_file()
        assert "winkels" in path.parts


def test_operations_are_asked_at_their_own_port(session: Session) -> None:
    peer = session.inventory.peers_of("gemeente")[0]
    (job, *_) = configuration(session)["scrape_configs"]
    targets = {one["labels"]["node"]: one["targets"] for one in job["static_configs"]}
    assert targets[peer.node] == [f"127.0.0.1:{peer.ports[1]}"]


def test_a_home_of_one_organisation_watches_its_own_nodes(tmp_path: Path) -> None:
    topology = Topology.packaged("kindpakket")
    choose_organisations(topology, Home(tmp_path), ["auditor"])
    (job,) = configuration(filled(tmp_path, topology))["scrape_configs"]
    assert job["job_name"] == "kindpakket-auditor"


def test_rules_fit_the_way_of_ordering() -> None:
    bft = Topology.packaged("kindpakket")
    raft = Topology.read({**bft.document, "ordering": {"type": "raft"}}, Path.cwd())
    assert {"NoLeader", "NothingIsOrdered"} <= alerts_of(bft).keys()
    assert "ConsenterMissing" in alerts_of(raft)
    assert not [one for one in alerts_of(raft).values() if "smartbft" in one["expr"]]


def test_every_rule_says_what_to_do_about_the_network_it_is_for() -> None:
    for alert in alerts_of(Topology.packaged("kindpakket")).values():
        assert 'network="kindpakket"' in alert["expr"]
        assert alert["annotations"]["action"]
        assert alert["labels"]["severity"] in ("critical", "warning")


def test_ends_of_certificates_are_metrics(session: Session) -> None:
    found = expiries(session.home)
    running = [("peer0.winkels", True), ("orderer.regie", False)]
    page = metrics("kindpakket", session.home, [], found, running)
    values = dict(re.findall(r"^(kindpakket_[^ ]+) (\S+)$", page, re.MULTILINE))
    labels = 'holder="peer0.winkels",network="kindpakket",use="tls"'
    ends = datetime.fromtimestamp(float(values[f"kindpakket_certificate_expires_seconds{{{labels}}}"]), UTC)
    assert ends in [one.expires for one in found if (one.holder, one.use) == ("peer0.winkels", "tls")]
    assert values['kindpakket_node_running{network="kindpakket",node="orderer.regie"}'] == "0.0"
    assert values['kindpakket_open_secrets{network="kindpakket"}'] == "0.0"
    assert float(values['kindpakket_checked_seconds{network="kindpakket"}']) > 0


def test_when_an_organisation_was_backed_up_is_a_metric(session: Session) -> None:
    taken = datetime(2026, 1, 1, tzinfo=UTC)
    manifest = Manifest("id", "kindpakket", ("winkels",), taken, str(session.home.root))
    record(session.home, manifest, Path("winkels.age"), "00")
    page = metrics("kindpakket", session.home, ["winkels", "regie"], [], [])
    for name, instant in (("winkels", taken.timestamp()), ("regie", 0.0)):
        labels = f'network="kindpakket",organisation="{name}"'
        found = re.search(rf"^kindpakket_backup_taken_seconds{{{labels}}} (\S+)$", page, re.MULTILINE)
        assert found is not None
        assert float(found.group(1)) == instant


def test_the_command_writes_the_files(session: Session, tmp_path: Path) -> None:
    home = ("--home", str(session.home.root))
    made = CliRunner().invoke(network, ["export", "prometheus", *home, "-o", str(tmp_path / "watch")])
    assert made.exit_code == 0, made.output
    assert {path.name for path in (tmp_path / "watch").iterdir()} == {CONFIGURATION, DASHBOARD, RULES}
    made = CliRunner().invoke(network, ["metrics", *home, "-o", str(tmp_path / "kindpakket.prom")])
    assert made.exit_code == 0, made.output
    page = (tmp_path / "kindpakket.prom").read_text()
    assert 'kindpakket_node_running{network="kindpakket",node="peer0.gemeente"} 0.0' in page


def test_prometheus_takes_the_files(session: Session, tmp_path: Path) -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("there is no promtool to check the files with")
    for name, text in monitoring(session.topology, session.home, session.inventory).items():
        (tmp_path / name).write_text(text)
    for what, name in (("config", CONFIGURATION), ("rules", RULES)):
        done = subprocess.run(
            [promtool, "check", what, str(tmp_path / name)], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
