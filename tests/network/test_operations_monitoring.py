"""A live network, as Prometheus sees it with the exported files."""

from __future__ import annotations

import json
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml

from kindpakket_network import Network
from kindpakket_network.description.ports import free_base
from kindpakket_network.exports.monitoring import CONFIGURATION, DASHBOARD, RULES
from kindpakket_network.programs.wait import until
from patience import PATIENCE

OF_TEXTFILE = "kindpakket_"


@pytest.fixture
def files(network: Network, tmp_path: Path) -> Path:
    """The exported files, changed to scrape more often."""
    for name, text in network.monitoring().items():
        (tmp_path / name).write_text(text.replace("interval: 15s", "interval: 1s"))
    return tmp_path


def pages(files: Path) -> dict[str, str]:
    """Each node's metrics, requested as the configuration says."""
    answers = {}
    for job in yaml.safe_load((files / CONFIGURATION).read_text())["scrape_configs"]:
        tls = job["tls_config"]
        with requests.Session() as session:
            session.trust_env = False
            session.verify, session.cert = tls["ca_file"], (tls["cert_file"], tls["key_file"])
            for target in job["static_configs"]:
                answer = session.get(f"https://{target['targets'][0]}/metrics", timeout=PATIENCE)
                answer.raise_for_status()
                answers[target["labels"]["node"]] = answer.text
    return answers


def test_nodes_have_what_the_rules_look_at(network: Network, files: Path) -> None:
    metrics = pages(files)
    assert {node for node in network.nodes() if node.startswith(("orderer.", "peer"))} == metrics.keys()
    expressions = " ".join(
        rule["expr"]
        for group in yaml.safe_load((files / RULES).read_text())["groups"]
        for rule in group["rules"]
    )
    named = set(re.findall(r"\b[a-z]+(?:_[a-z]+)+(?=\{)", expressions)) | {"process_start_time_seconds"}
    there = {name for text in metrics.values() for name in re.findall(r"^# TYPE (\S+)", text, re.MULTILINE)}
    there |= set(re.findall(r"^# TYPE (\S+)", network.metrics(), re.MULTILINE))
    # A counter appears once it has counted, and a healthy network's chaincodes were never out of reach.
    assert named - there <= {"chaincode_launch_timeouts", "chaincode_execute_timeouts"}


def test_only_who_shows_a_certificate_is_told(network: Network, files: Path) -> None:
    (job, *_) = yaml.safe_load((files / CONFIGURATION).read_text())["scrape_configs"]
    with requests.Session() as session, pytest.raises(requests.exceptions.RequestException):
        session.trust_env = False
        session.verify = job["tls_config"]["ca_file"]
        session.get(f"https://{job['static_configs'][0]['targets'][0]}/metrics", timeout=PATIENCE)


@contextmanager
def prometheus(files: Path) -> Iterator[str]:
    """Run Prometheus with the exported files, and yield the address of its API."""
    program = shutil.which("prometheus")
    if program is None:
        pytest.skip("prometheus is not installed")
    address = f"127.0.0.1:{free_base(1)}"
    arguments = (f"--config.file={files / CONFIGURATION}", f"--storage.tsdb.path={files / 'data'}")
    with (files / "prometheus.log").open("w") as log:
        process = subprocess.Popen(
            [program, *arguments, f"--web.listen-address={address}"], stdout=log, stderr=log
        )
        try:
            yield f"http://{address}/api/v1"
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(PATIENCE)


def ask(url: str, what: str, **parameters: str) -> Any:
    """An answer of Prometheus's API, or None while there is none."""
    try:
        answer = requests.get(f"{url}/{what}", params=parameters, timeout=PATIENCE)
    except requests.exceptions.ConnectionError:
        return None
    return answer.json().get("data") if answer.ok else None


def test_prometheus_sees_every_node_and_calls_nobody(network: Network, files: Path) -> None:
    nodes = {node for node in network.nodes() if node.startswith(("orderer.", "peer"))}
    with prometheus(files) as url:

        def seen() -> bool | None:
            data = ask(url, "query", query='up{network="' + network.topology.name + '"} == 1')
            return (data is not None and {item["metric"]["node"] for item in data["result"]} == nodes) or None

        assert until(seen, PATIENCE), (files / "prometheus.log").read_text()
        judged = until(lambda: _judged(url), PATIENCE)
    assert judged is not None
    assert {rule["health"] for rule in judged.values()} == {"ok"}
    wrong = {name for name, rule in judged.items() if rule["alerts"]}
    assert wrong <= {"CertificatesNotChecked"}


def test_the_dashboard_shows_what_prometheus_has(network: Network, files: Path) -> None:
    panels = json.loads((files / DASHBOARD).read_text("utf-8"))["panels"]
    queries = {panel["title"]: panel["targets"][0]["expr"] for panel in panels}
    textfile = {title: query for title, query in queries.items() if OF_TEXTFILE in query}
    named = re.findall(rf"\b{OF_TEXTFILE}\w+", " ".join(textfile.values()))
    assert len(textfile) == len(named) == 2
    for metric in named:
        assert f"# TYPE {metric} gauge" in network.metrics()

    with prometheus(files) as url:

        def empty() -> list[str]:
            found = []
            for title in queries.keys() - textfile.keys():
                query = queries[title].replace("$__rate_interval", "30s")
                if not (ask(url, "query", query=query) or {}).get("result"):
                    found.append(title)
            return found

        until(lambda: not empty() or None, PATIENCE)
        assert empty() == []


def _judged(url: str) -> dict[str, Any] | None:
    """The rules, once all have been evaluated."""
    data = ask(url, "rules")
    rules = {rule["name"]: rule for group in (data or {"groups": []})["groups"] for rule in group["rules"]}
    done = rules and all(rule["health"] != "unknown" for rule in rules.values())
    return rules if done else None
