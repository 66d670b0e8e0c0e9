"""The roots of all organisations' authorities renewed on a live network, while a till takes payments."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from random import Random

import pytest
from cryptography import x509
from renewal import FULL, SMALL, doubled, selling, serials_of
from support import Town, found_town, gateway_at, identity_of, running
from verified import findings

from fabric_gateway import EvaluateError
from kindpakket.shop import Shop
from kindpakket_demo.desk import CHAINCODE, CHANNEL, SHOPS, Desk
from kindpakket_network import Network, NetworkError
from kindpakket_network.channel import messages as m
from kindpakket_network.channel.configuration import APPLICATION, ORDERER
from kindpakket_network.channel.submission import current
from kindpakket_network.nodes.authority import IDENTITIES, TLS
from kindpakket_network.programs.home import Home
from kindpakket_network.programs.process import started_at
from kindpakket_network.programs.wait import until
from patience import PATIENCE


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    """A network ordered by BFT, with two peers for each organisation that payments need."""
    with running(doubled("bft"), tmp_path_factory.mktemp("bft")) as made:
        yield made


@pytest.fixture(scope="module")
def town(network: Network, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """A small town on it, whose desk still has the connections from before."""
    with Desk(network, tmp_path_factory.mktemp("results"), Random(1)) as desk:
        yield found_town(desk, 16)


def roots(network: Network) -> dict[str, set[bytes]]:
    """The roots of every organisation, in its authority."""
    authorities = network.session().inventory.authorities
    return {
        name: {authority.certificate(kind).read_bytes() for kind in (IDENTITIES, TLS)}
        for name, authority in authorities.items()
    }


def trusted(network: Network) -> dict[str, set[bytes]]:
    """The roots of every organisation, of both kinds, that the channel's configuration trusts."""
    session = network.session()
    group = current(session, session.topology.channel(CHANNEL)).group
    found: dict[str, set[bytes]] = {}
    for organisation in session.topology.organisations:
        for part in (APPLICATION, ORDERER):
            if organisation.msp in group.groups[part].groups:
                value = group.groups[part].groups[organisation.msp].values["MSP"].value
                config = m.msp_config.MSPConfig.FromString(value).config
                msp = m.msp_config.FabricMSPConfig.FromString(config)
                one = {*msp.root_certs, *msp.tls_root_certs}
                assert found.setdefault(organisation.name, one) == one, part
    return found


def test_all_roots_are_renewed_while_tills_pay(
    network: Network, town: Town, tmp_path_factory: pytest.TempPathFactory
) -> None:
    old, serials = roots(network), serials_of(network)
    till = town.street.open[1]
    former, wallet = identity_of(network, SHOPS, till.user), next(town.keys)
    wallets = [next(town.keys) for _ in range(6)]
    paid = 0
    for step in ("introduce", "replace", "retire"):
        # A till connects anew for every step: it has to know the profile and, at the end, its certificate.
        with selling(town, wallets) as sales:
            network.renew_roots(step, progress=print)
        print(f"{step}: {sales.paid} payments, the longest took {sales.longest:.1f} s")
        assert sales.failed == []
        paid += sales.paid
        status = network.status()
        assert status.findings == ()
        assert len(status.warnings) == (0 if step == "retire" else len(old)), status.warnings
        now, both = roots(network), dict.fromkeys(old, 2 if step == "retire" else 4)
        assert {name: len(found) for name, found in trusted(network).items()} == both
        assert (now == old) == (step == "introduce")
        assert all(found <= trusted(network)[name] for name, found in now.items())
    after = serials_of(network)
    changed = {name for name in after if after[name] != serials[name]}
    assert {name for name in after if name not in changed} == set()
    assert network.plan().done
    results = tmp_path_factory.mktemp("results")
    with Desk(network, results, Random(1)) as desk:
        renewed = replace(town, desk=desk)
        assert FULL * len(wallets) - sum(map(renewed.available, wallets)) == SMALL * paid
        with (
            gateway_at(network, SHOPS, former) as gateway,
            pytest.raises(EvaluateError, match="access denied"),
        ):
            shop = Shop(gateway.network(CHANNEL).contract(CHAINCODE), "")
            shop.binding(town.scheme.id, wallet.voucher)
    print(len(changed), "certificates")


@pytest.mark.parametrize("node", ["peer1.gemeente", "orderer.regie"])
def test_a_ledger_is_fetched_from_the_first_block_on_which_names_the_old_roots(
    network: Network, node: str
) -> None:
    assert network.rebuild(node, print).heights[CHANNEL] > 1
    assert until(lambda: network.status().healthy or None, PATIENCE), network.status()


def test_steps_come_in_their_order(network: Network) -> None:
    with pytest.raises(NetworkError, match="run `kindpakket network roots introduce regie`"):
        network.renew_roots("replace", ["regie"])
    with pytest.raises(NetworkError, match="run `kindpakket network roots introduce regie`"):
        network.renew_roots("retire", ["regie"])
    planned = network.renew_roots("introduce", ["regie"], dry_run=True)
    assert "orderer.regie: restarts" in planned
    assert network.unfinished_roots() == []


@pytest.mark.proof("kills the renewal of roots at its worst moments")
def test_a_step_that_is_killed_is_completed(network: Network) -> None:
    """One organisation alone, and each step killed at its worst moments."""
    home, old = Home(network.home), roots(network)
    for step, lines in {
        "introduce": (f"channel {CHANNEL}: settings: done", "roots of peer1.gemeente ..."),
        "replace": (
            "ca.regie issues with its new roots: done",
            "certificates of orderer.regie ...",
            f"channel {CHANNEL}: orderer.regie: done",
        ),
        "retire": (f"channel {CHANNEL}: settings: done", "roots of orderer.regie ..."),
    }.items():
        for line in lines:
            kill(network, step, line)
        assert any(step in sentence for sentence in network.unfinished_roots())
        network.renew_roots(step, ["regie"], progress=print)
        started = started_at(home, "orderer.regie")
        network.renew_roots(step, ["regie"]) if step != "retire" else network.up()
        assert started_at(home, "orderer.regie") == started
    now = roots(network)
    assert now["regie"].isdisjoint(old["regie"])
    assert trusted(network) == now
    assert network.unfinished_roots() == []
    assert network.status().healthy
    certificate = x509.load_pem_x509_certificate(
        (home.node("orderer.regie") / "msp/signcerts/cert.pem").read_bytes()
    )
    root = network.session().inventory.authorities["regie"].certificate(IDENTITIES)
    certificate.verify_directly_issued_by(x509.load_pem_x509_certificate(root.read_bytes()))


def test_the_ledger_of_every_node_is_verified_whole(network: Network, town: Town) -> None:
    """Members of old and new roots, each under the configuration that named them."""
    found = findings(network, CHANNEL)
    assert {name: list(map(str, items)) for name, items in found.items() if items} == {}


@pytest.mark.proof("renews roots on Raft, too")
def test_roots_are_renewed_on_raft_too(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Its consenters keep the keys of their TLS certificates, by which the others know them."""
    results = tmp_path_factory.mktemp("results")
    with running(doubled("raft"), tmp_path_factory.mktemp("raft")) as network:
        with Desk(network, results, Random(1)) as desk:
            town = found_town(desk, 9)
        wallets, old = [next(town.keys) for _ in range(6)], roots(network)
        for step in ("introduce", "replace", "retire"):
            with selling(town, wallets) as sales:
                network.renew_roots(step, progress=print)
            print(f"{step}: {sales.paid} payments, the longest took {sales.longest:.1f} s")
            assert sales.failed == []
        assert all(found.isdisjoint(old[name]) for name, found in roots(network).items())
        assert trusted(network) == roots(network)
        assert network.status().healthy
        assert {name: items for name, items in findings(network, CHANNEL).items() if items} == {}


def kill(network: Network, step: str, line: str) -> None:
    """Take a step for one organisation by a separate command, and kill it when it prints this line."""
    arguments = ["network", "roots", step, "regie", "--home", str(network.home)]
    if step != "introduce":
        arguments.append("--yes")
    with subprocess.Popen(
        [sys.executable, "-c", "from kindpakket_cli.main import main; main()", *arguments],
        stderr=subprocess.PIPE,
        text=True,
    ) as command:
        assert command.stderr is not None
        for printed in command.stderr:
            print(printed, end="")
            if printed.startswith(line):
                command.kill()
        assert command.wait() < 0, f"it never said {line!r}"
