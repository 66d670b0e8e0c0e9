"""Changing a live channel's configuration while payments go on, with signatures that are passed round."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import islice
from pathlib import Path
from random import Random

import pytest
from click.testing import CliRunner
from killed_up import bring_up_and_die
from support import Town, found_town, gateway_at, identity_of, running, wake_consenters
from trade import Trade, trade

from fabric_gateway import EventsError
from kindpakket_cli.main import main
from kindpakket_demo.desk import AUDITOR, CHANNEL, MUNICIPALITY, SHOPS, Desk
from kindpakket_network import Network, NetworkError, Topology
from kindpakket_network.channel.admin_commands import AdminCommands
from kindpakket_network.channel.change import SETTINGS, pending, propose, reconcile, sign
from kindpakket_network.channel.configuration import APPLICATION, ORDERER
from kindpakket_network.channel.proposal import Proposal
from kindpakket_network.channel.submission import current
from kindpakket_network.description.channel import FIRST_CONSENTER
from kindpakket_network.description.numbering import numbered
from kindpakket_network.description.settings import with_settings
from kindpakket_network.errors import CommandFailed, Waiting
from kindpakket_network.nodes.own_organisations import choose_organisations
from kindpakket_network.programs.command import Command, run
from kindpakket_network.programs.home import Home
from kindpakket_network.programs.wait import in_parallel
from kindpakket_network.verbs import channels

REGIE = "regie"
ORGANISATIONS = (MUNICIPALITY, SHOPS, AUDITOR, REGIE)
LONGEST_STEP = 60
BATCH = "/Channel/Orderer/BatchSize/max_message_count"
TILLS_SEE_BLOCKS = {f"channels.{CHANNEL}.acls.event/Block": "Readers"}


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    with running(Topology.packaged("kindpakket"), tmp_path_factory.mktemp("channel")) as made:
        yield made


@pytest.fixture(scope="module")
def town(live: Network, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with Desk(live, tmp_path_factory.mktemp("results"), Random(1)) as desk:
        yield found_town(desk, 48)


@pytest.fixture
def going_on(town: Town) -> Iterator[Trade]:
    """Payments that go on throughout, none of which may fail."""
    with trade(town, list(islice(town.keys, 12))) as made:
        made.go_on()
        yield made
        made.go_on()
        assert made.failed == []


@pytest.fixture(scope="module")
def homes(live: Network, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Network]:
    """A home for each organisation, with that organisation's keys and the others' bundles."""
    folder = tmp_path_factory.mktemp("homes")
    bundles = []
    for name in ORGANISATIONS:
        path = folder / f"{name}.json"
        path.write_text(live.bundle(name).text())
        bundles.append(path)
    made = {}
    for name in ORGANISATIONS:
        home, whole = Home(folder / name), Home(live.home)
        home.create()
        choose_organisations(live.topology, home, [name])
        shutil.copytree(whole.organisation(name), home.organisation(name))
        node = whole.node(f"orderer.{name}")
        for part in ("msp", "tls"):
            shutil.copytree(node / part, home.node(f"orderer.{name}") / part)
        home.topology.write_text(live.topology.as_yaml())
        made[name] = Network.open(home.root)
        made[name].admit([path for path in bundles if path.stem != name])
        keys = {path.relative_to(home.root).parts[1] for path in home.root.rglob("keystore/*")}
        assert keys == {name, f"orderer.{name}"}
    return made


def command(network: Network, *arguments: str) -> tuple[int, str]:
    """Run a command of `kindpakket network channel`, and return its exit code and output."""
    result = CliRunner().invoke(main, ["network", "channel", *arguments, "--home", str(network.home)])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.output


def sign_with_fabrics_program(network: Network, file: str) -> None:
    """Sign a file as the administrator of a home's only organisation, without this package."""
    session = network.session()
    organisation = session.topology.organisation(session.own_organisations[0])
    environment = {
        "FABRIC_CFG_PATH": str(session.programs.config),
        "CORE_PEER_LOCALMSPID": organisation.msp,
        "CORE_PEER_MSPCONFIGPATH": str(network.user(organisation.name, organisation.admin.name)),
    }
    run(Command("peer", [session.programs.path("peer"), "channel", "signconfigtx", "-f", file], environment))


def till_sees_block(town: Town) -> bool:
    """Whether a till can read a block of the channel."""
    network = town.desk.network
    with gateway_at(network, SHOPS, identity_of(network, SHOPS, town.till.user)) as gateway:
        try:
            return len(list(gateway.network(CHANNEL).blocks(0, 0))) == 1
        except EventsError:
            return False


def test_a_channel_as_its_topology_says_has_nothing_to_change(live: Network) -> None:
    assert channels.differences(live) == {CHANNEL: []}
    assert channels.update(live) == []
    assert command(live, "update", "--dry-run")[0] == 0


def test_batch_sizes_change_while_payments_go_on(live: Network, going_on: Trade) -> None:
    settings = {"ordering.batch_messages": "50", "ordering.batch_interval_ms": "40"}
    code, output = command(live, "update", "--dry-run", *(f"--set={k}={v}" for k, v in settings.items()))
    assert (code, f"{BATCH}: 500 -> 50" in output) == (1, True)
    assert channels.update(live, with_settings(live.topology, settings), print) == [CHANNEL]
    going_on.go_on()
    assert Network.open(live.home).topology.ordering.batch_messages == 50
    assert channels.differences(live) == {CHANNEL: []}


def test_an_access_control_list_changes_while_payments_go_on(
    live: Network, town: Town, going_on: Trade
) -> None:
    assert not till_sees_block(town)
    channels.update(live, with_settings(live.topology, TILLS_SEE_BLOCKS), print)
    assert till_sees_block(town)
    going_on.go_on()
    channels.update(live, with_settings(live.topology, dict.fromkeys(TILLS_SEE_BLOCKS, "")), print)
    assert not till_sees_block(town)


def test_a_change_goes_round_and_each_organisation_signs_with_its_own_keys(
    live: Network, homes: Mapping[str, Network], going_on: Trade, tmp_path: Path
) -> None:
    file = str(tmp_path / "change.pb")
    code, output = command(
        homes[MUNICIPALITY], "propose", CHANNEL, "-o", file, "--set=ordering.batch_messages=60"
    )
    assert code == 0, output
    assert "Still to sign: " in output
    code, output = command(homes[MUNICIPALITY], "sign", file, "--yes")
    assert code == 0, output
    sign_with_fabrics_program(homes[REGIE], file)
    code, output = command(homes[SHOPS], "submit", file)
    assert code == 1
    assert "still needs signatures of administrators of AuditorMSP or WinkelsMSP" in output
    assert command(homes[SHOPS], "show", file)[0] == 5
    assert command(homes[AUDITOR], "sign", file, "--yes")[0] == 0
    code, output = command(homes[REGIE], "submit", file)
    assert (code, "only members may submit" in output) == (1, True)
    code, output = command(homes[SHOPS], "submit", file)
    assert code == 0, output
    going_on.go_on()
    assert "already" in command(homes[AUDITOR], "submit", file)[1]
    assert "The channel has this change." in command(homes[AUDITOR], "show", file)[1]
    session = live.session()
    (difference,) = pending(session, session.topology.channel(CHANNEL))[:1]
    assert (difference.path, difference.before) == (BATCH, "60")
    channels.update(live, with_settings(live.topology, {"ordering.batch_messages": "60"}))


def test_one_organisation_alone_waits_for_the_others(homes: Mapping[str, Network]) -> None:
    home = homes[SHOPS]
    before = home.topology
    changed = with_settings(before, {"ordering.batch_messages": "61"})
    with pytest.raises(Waiting, match="still needs signatures of administrators of"):
        channels.update(home, changed)
    channels.update(home, with_settings(before, {"ordering.batch_messages": "60"}))


def test_consenters_agree_on_whose_signatures_suffice(live: Network, tmp_path: Path) -> None:
    settings = {f"channels.{CHANNEL}.lifecycle_endorsement": "AND('GemeenteMSP.peer', 'WinkelsMSP.peer')"}
    session = replace(live.session(), topology=with_settings(live.topology, settings))
    channel = session.topology.channel(CHANNEL)
    proposal = propose(session, channel)
    assert proposal is not None
    names = [session.topology.organisation(name) for name in ORGANISATIONS]
    for few in (names[:1], [names[1], names[2]], names[2:]):
        lacking = sign(session, proposal, few)
        assert not lacking.review(current(session, channel)).complete
        lacking.save(tmp_path / "lacking.pb")
        with pytest.raises(CommandFailed, match="not satisfied"):
            AdminCommands(session, few[0]).submit(channel, session.orderer(channel), tmp_path / "lacking.pb")
    assert sign(session, proposal, [names[0], names[2]]).review(current(session, channel)).complete


def test_a_proposal_that_another_change_overtook_is_refused(live: Network, tmp_path: Path) -> None:
    file = tmp_path / "late.pb"
    session = replace(
        live.session(), topology=with_settings(live.topology, {"ordering.batch_messages": "62"})
    )
    late = propose(session, session.topology.channel(CHANNEL))
    assert late is not None
    channels.sign(live, late).save(file)
    channels.update(live, with_settings(live.topology, {"ordering.batch_messages": "63"}))
    for verb in ("sign", "submit"):
        code, output = command(live, verb, str(file), *(["--yes"] if verb == "sign" else []))
        assert (code, "has changed since this was proposed" in output) == (1, True), output
    assert command(live, "show", str(file))[0] == 1
    with pytest.raises(NetworkError, match="has changed since"):
        channels.submit(live, Proposal.load(file))


def test_two_changes_at_the_same_time_end_with_one_of_them(live: Network) -> None:
    session = live.session()
    sites = [
        replace(session, topology=with_settings(live.topology, {"ordering.batch_messages": str(number)}))
        for number in (71, 72)
    ]
    assert in_parallel(lambda site: reconcile(site, site.topology.channel(CHANNEL)), sites) == [True, True]
    left = [pending(site, site.topology.channel(CHANNEL)) for site in sites]
    assert sorted(map(bool, left)) == [False, True]
    assert reconcile(session, session.topology.channel(CHANNEL))


@pytest.mark.proof("kills changes of a channel at every step")
def test_an_up_that_is_killed_again_and_again_changes_the_channel_in_the_end(
    live: Network, going_on: Trade
) -> None:
    changed = with_settings(live.topology, {"ordering.batch_messages": "80"})
    assert bring_up_and_die(changed, live.home, LONGEST_STEP) >= 3
    assert Network.open(live.home).topology.ordering.batch_messages == 80
    assert channels.differences(Network(changed, live.home)) == {CHANNEL: []}
    assert channels.update(live) == [CHANNEL]


def test_nobody_is_taken_out_of_a_channel_by_leaving_it_out_of_the_topology(live: Network) -> None:
    session = live.session()
    channel = session.topology.channel(CHANNEL)
    fewer = replace(channel, members=channel.members[:-1])
    with pytest.raises(NetworkError, match="the topology lacks AuditorMSP among the members"):
        reconcile(session, fewer)
    names = (*channel.consenters[1:], channel.consenters[0])
    other = replace(channel, consenters=names, consenter_ids=numbered(names, {}, FIRST_CONSENTER))
    with pytest.raises(NetworkError, match="list them in this order"):
        reconcile(session, other)
    assert pending(session, channel) == []


def test_no_consenter_changes_while_another_one_is_down(live: Network) -> None:
    session = live.session()
    channel = session.topology.channel(CHANNEL)
    changing, down = session.consenters_of(channel)[0], session.consenters_of(channel)[-1]
    # Another of its organisation's certificates stands in for a renewed one.
    shutil.copytree(session.home.user(changing.organisation, "admin") / "msp", changing.folder / "msp.next")
    wake_consenters(live)  # or one that is behind is named, too
    live.stop(down.node)
    try:
        assert pending(session, channel, only=[SETTINGS]) == []
        assert any("identity" in item.path for item in pending(session, channel, only=[changing.node]))
        with pytest.raises(NetworkError, match=f"{down.node} is down or behind"):
            reconcile(session, channel, only=[changing.node])
    finally:
        shutil.rmtree(changing.folder / "msp.next")
        live.start(down.node)
    assert not reconcile(session, channel)


def test_both_definitions_of_an_organisation_stay_the_same(live: Network) -> None:
    session = live.session()
    group = current(session, session.topology.channel(CHANNEL)).group
    for msp, member in group.groups[APPLICATION].groups.items():
        assert member.values["MSP"].value == group.groups[ORDERER].groups[msp].values["MSP"].value
