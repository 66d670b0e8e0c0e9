"""Certificates on a live network: all renewed while payments run, and some revoked."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from random import Random

import pytest
import requests
from cryptography import x509
from renewal import FULL, SMALL, Renewed, doubled, renew_all, serials_of
from support import Town, books, found_town, gateway_at, identity_of, running, through
from verified import findings

from fabric_gateway import EndorseError, EvaluateError, SubmitError
from kindpakket.shop import Shop
from kindpakket_demo.desk import CHAINCODE, CHANNEL, SHOPS, Desk
from kindpakket_network import Network, NetworkError, Topology
from kindpakket_network.certificates import node_renewal
from kindpakket_network.certificates.renewal import Renewal
from kindpakket_network.certificates.renewal_plan import due
from kindpakket_network.channel.change import propose, reconcile, sign
from kindpakket_network.errors import Waiting
from kindpakket_network.nodes.authority_tls import OPERATIONS
from kindpakket_network.reports.status import NetworkStatus
from kindpakket_network.verbs import channels


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    """A network ordered by BFT, with two peers for each organisation that payments need."""
    with running(doubled("bft"), tmp_path_factory.mktemp("bft")) as made:
        yield made


@pytest.fixture(scope="module")
def town(network: Network, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """A small town on it."""
    with Desk(network, tmp_path_factory.mktemp("results"), Random(1)) as desk:
        yield found_town(desk, 16)


@pytest.fixture(scope="module")
def renewed(network: Network, town: Town) -> Renewed:
    """What happened while every certificate was renewed."""
    return renew_all(network, town)


def test_every_certificate_is_renewed(renewed: Renewed, network: Network) -> None:
    after = serials_of(network)
    assert len(after) == len(network.renew(dry_run=True)) > 40
    assert after.keys() == renewed.serials.keys()
    assert [name for name in after if after[name] == renewed.serials[name]] == []
    assert network.renew(within_days=300) == []


def test_no_payment_failed_meanwhile(renewed: Renewed, network: Network) -> None:
    print(
        f"{renewed.sales.paid} payments, {renewed.sales.resolved} sent again, {renewed.sales.longest:.1f} s"
    )
    assert renewed.sales.failed == []
    assert renewed.sales.paid > 30
    assert renewed.spent == SMALL * renewed.sales.paid
    assert network.status().up


@pytest.mark.usefixtures("renewed")
def test_status_has_nothing_to_complain_of(network: Network) -> None:
    """Keys are protected from others, nothing expires soon, and no votes from before a restart are kept."""
    status = network.status()
    assert (status.warnings, status.findings) == ((), ())
    assert status.healthy


@pytest.mark.usefixtures("renewed")
def test_the_operations_endpoint_of_a_ca_server_wants_a_certificate(network: Network) -> None:
    authority = network.session().inventory.authorities["regie"]
    operator = network.user("regie", "admin").parent / "tls"
    health = f"https://127.0.0.1:{authority.ports[1]}/healthz"
    with requests.Session() as session:
        session.trust_env = False
        session.verify = str(authority.folder / OPERATIONS)
        with pytest.raises(requests.ConnectionError):
            session.get(health, timeout=5)
        session.cert = (str(operator / "cert.pem"), str(operator / "key.pem"))
        assert session.get(health, timeout=5).json()["status"] == "OK"


@pytest.mark.usefixtures("renewed")
def test_the_channel_names_what_the_consenters_have(network: Network) -> None:
    assert not reconcile(network.session(), network.topology.channel(CHANNEL))


@pytest.mark.usefixtures("renewed")
def test_the_votes_of_all_consenters_count(network: Network, town: Town) -> None:
    """With one of four killed, the other three are all needed."""
    network.stop("orderer.regie", signal.SIGKILL)
    try:
        wallet = next(town.keys)
        order = town.order(wallet)
        town.till.shop.pay(order, wallet.authorise(order))
    finally:
        network.start("orderer.regie")


@pytest.mark.usefixtures("renewed")
def test_up_completes_a_renewal_that_was_killed(
    network: Network, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At the worst moment: the channel names the new certificate, but the consenter has the old one."""
    node = "orderer.auditor"
    before = network.status()

    class Killed(BaseException):
        pass

    def killed(_: Path) -> None:
        raise Killed

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(node_renewal, "activate", killed)
        network.renew([node])
    assert node not in network.session().processes.all()
    network.up()
    assert since(network.status(), node) > since(before, node)
    assert since(network.status(), "orderer.regie") == since(before, "orderer.regie")
    test_the_votes_of_all_consenters_count(network, town)


@pytest.mark.usefixtures("renewed")
@pytest.mark.proof("kills renewals after every step")
def test_a_renewal_that_is_killed_after_any_step_is_completed(network: Network, town: Town) -> None:
    before = network.status()
    for line in (
        "tls certificate of admin@regie: renewed",
        "certificates of ca.regie ...",
        "certificates of orderer.regie ...",
        f"channel {CHANNEL}: orderer.regie ...",
        f"channel {CHANNEL}: orderer.regie: done",
    ):
        kill_renewal(network, "regie", line)
    network.up()
    assert since(network.status(), "orderer.regie") > since(before, "orderer.regie")
    assert network.status().up
    assert not reconcile(network.session(), network.topology.channel(CHANNEL))
    assert not list(network.home.glob("nodes/*/*.next"))
    wallet = next(town.keys)
    order = town.order(wallet)
    town.till.shop.pay(order, wallet.authorise(order))


@pytest.mark.usefixtures("renewed")
def test_an_organisation_renews_its_consenter_with_its_own_keys_and_others_sign(network: Network) -> None:
    node = "orderer.regie"
    before = network.status()
    regie = network.session(organisations=["regie"])
    with pytest.raises(Waiting, match=r"(?s)GemeenteMSP.*orderer\.regie are pending until then"):
        Renewal(regie).run(due(regie, [node]))
    assert since(network.status(), node) == since(before, node)
    proposal = propose(regie, regie.topology.channel(CHANNEL), only=[node])
    assert proposal is not None
    for name in ("regie", "winkels", "gemeente"):
        session = network.session(organisations=[name])
        # Another organisation has the old certificate, but does not propose to restore it.
        assert propose(session, session.topology.channel(CHANNEL), only=[node]) is None or name == "regie"
        proposal = sign(session, proposal, [session.topology.organisation(name)])
    network.stop(node)
    assert channels.submit(network, proposal)
    network.up()
    assert since(network.status(), node) > since(before, node)
    assert not reconcile(network.session(), network.topology.channel(CHANNEL))


@pytest.mark.usefixtures("renewed")
def test_who_was_revoked_is_refused_by_peers_and_by_ordering(network: Network, town: Town) -> None:
    till, wallet = town.street.open[1], next(town.keys)
    contract = town.desk.contract(SHOPS, till.user)
    order = town.order(wallet, till=till)
    endorsed = contract.proposal("payment:Pay", json.dumps(order.request(wallet.authorise(order)))).endorse()
    assert network.revoke(f"{till.user}@{SHOPS}") == 2  # the first certificate and the renewed one
    with pytest.raises(SubmitError) as by_ordering:
        endorsed.submit()
    assert by_ordering.value.forbidden
    with pytest.raises(
        EvaluateError, match="refuses this identity of WinkelsMSP: its certificate was"
    ) as by_peer:
        till.shop.binding(town.scheme.id, wallet.voucher)
    assert by_peer.value.identity_refused
    another = town.order(wallet, till=till)
    with pytest.raises(EndorseError, match="access denied"):
        till.shop.pay(another, wallet.authorise(another))
    assert town.available(wallet) == FULL
    assert f"{till.user}@{SHOPS}" not in {item.holder for item in network.renew(dry_run=True)}


@pytest.mark.usefixtures("renewed")
def test_a_user_is_renewed_as_the_topology_has_the_user_now(network: Network) -> None:
    document = json.loads(json.dumps(network.topology.document))
    treasurer = document["organisations"][0]["users"][3]
    treasurer["attributes"] = {"kindpakket.role": "treasurer", "kindpakket.person": "p-successor"}
    changed = Network(Topology.read(document, Path()), network.home)
    with pytest.raises(NetworkError, match="kindpakket network renew treasurer@gemeente"):
        changed.enrol("gemeente", "treasurer", treasurer["attributes"])
    changed.renew(["treasurer@gemeente"])
    extension = x509.ObjectIdentifier("1.2.3.4.5.6.7.8.1")
    present = identity_of(network, "gemeente", "treasurer").certificate.extensions
    members = json.loads(present.get_extension_for_oid(extension).value.public_bytes())["attrs"]
    assert treasurer["attributes"].items() <= members.items()


def test_only_the_superseded_certificate_is_refused(renewed: Renewed, network: Network, town: Town) -> None:
    user, wallet = town.street.open[2].user, next(town.keys)
    network.revoke(f"{user}@{SHOPS}", superseded=True)
    with (
        gateway_at(network, SHOPS, renewed.identities[user]) as gateway,
        pytest.raises(EvaluateError, match="access denied"),
    ):
        Shop(gateway.network(CHANNEL).contract(CHAINCODE), "").binding(town.scheme.id, wallet.voucher)
    with through(network, SHOPS, SHOPS, user) as ledger:
        shop = Shop(ledger.contract(CHAINCODE), town.street.open[2].shop.shop_id)
        order = shop.order(town.scheme.id, wallet.voucher, books(SMALL))
        shop.pay(order, wallet.authorise(order))


def test_the_ledger_of_every_node_is_verified_whole(renewed: Renewed, network: Network, town: Town) -> None:
    """Consenters' renewed certificates, revocation lists, and who was revoked afterwards."""
    found = findings(network, CHANNEL)
    assert {name: list(map(str, items)) for name, items in found.items() if items} == {}


def kill_renewal(network: Network, holder: str, line: str) -> None:
    """Renew certificates by a separate command, and kill it when it prints this line."""
    arguments = ["network", "renew", holder, "--home", str(network.home)]
    with subprocess.Popen(
        [sys.executable, "-c", "from kindpakket_cli.main import main; main()", *arguments],
        stderr=subprocess.PIPE,
        text=True,
    ) as command:
        assert command.stderr is not None
        for printed in command.stderr:
            if printed.startswith(line):
                command.kill()
        assert command.wait() == -signal.SIGKILL, f"it never said {line!r}"


def since(status: NetworkStatus, node: str) -> datetime:
    """When a node was started."""
    started = next(item.since for item in status.nodes if item.node == node)
    assert started is not None
    return started
