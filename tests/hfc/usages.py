"""What public programs do with hfc, each reduced to its calls and written anew.

    usages.py run CONFIGURATION RESULTS

Each usage is a program of its own: it has its own event loop and imports what it needs, as the programs do.
The results are those of `program.py`: a step's value, or the error that it raised.
"""

import asyncio
import base64
import json
import logging
import multiprocessing
import sys
import tempfile
import time
from pathlib import Path

from program import kinds_of, said_by, written

CHANNEL = "trade"
CHAINCODE = "assets"
PEERS = ["peer0.org1", "peer0.org2"]
DEADLINE = 30


class Usages:
    def __init__(self, configuration):
        self.results = {}
        self.prefix = configuration["prefix"]
        self.configuration = configuration
        self.network = json.loads(Path(configuration["profile"]).read_text())

    def all(self):
        names = [name for name in dir(self) if name.startswith("use_")]
        # Forks come first: the other usages leave connections open, as their programs do.
        for name in sorted(names, key=lambda name: "process" not in name):
            loop = asyncio.new_event_loop()
            asyncio.set_event_loop(loop)
            self.use(name.removeprefix("use_").replace("_", " "), getattr(self, name), loop)
            loop.run_until_complete(asyncio.sleep(0))
            loop.close()

    def use(self, name, usage, loop):
        began = time.monotonic()
        try:
            self.results[name] = {"value": usage(loop)}
        except Exception as error:
            self.results[name] = {
                "error": type(error).__name__,
                "kinds": kinds_of(error),
                "says": said_by(error),
            }
        print(f"{name}: {time.monotonic() - began:.2f} s", flush=True)

    def file(self, name):
        return f"{self.configuration['folder']}/{name}"

    def client(self):
        from hfc.fabric import Client

        client = Client(net_profile=self.configuration["profile"])
        client.new_channel(CHANNEL)
        return client

    def user(self, name="user"):
        from hfc.fabric.user import create_user
        from hfc.util.keyvaluestore import FileKeyValueStore

        files = self.network["organizations"]["org1"]["users"][name]
        return create_user(
            name=f"{name}-alone",
            org="org1",
            state_store=FileKeyValueStore(self.file("alone")),
            msp_id="Org1MSP",
            key_path=files["private_key"],
            cert_path=files["cert"],
        )

    def ask(self, loop, client, user, peers, fcn, *args, **options):
        call = client.chaincode_query(
            requestor=user,
            channel_name=CHANNEL,
            peers=peers,
            args=list(args),
            cc_name=CHAINCODE,
            fcn=fcn,
            **options,
        )
        return loop.run_until_complete(asyncio.wait_for(call, DEADLINE))

    def change(self, loop, client, user, peers, fcn, args, **options):
        call = client.chaincode_invoke(
            requestor=user,
            channel_name=CHANNEL,
            peers=peers,
            args=args,
            cc_name=CHAINCODE,
            fcn=fcn,
            **options,
        )
        return loop.run_until_complete(asyncio.wait_for(call, DEADLINE))

    def peer_of(self, name, **changes):
        """A peer made of the profile's entry by hand."""
        from hfc.fabric.peer import Peer

        peer = Peer(name=name)
        peer.init_with_bundle({**self.network["peers"][name], **changes})
        return peer

    # what a web service does at each request

    def use_a_web_service_asks_at_one_peer(self, loop):
        client = self.client()
        return self.ask(loop, client, client.get_user("org1", "user"), ["peer0.org1"], "Echo", "a")

    def use_a_web_service_changes_at_two_peers(self, loop):
        client = self.client()
        user = client.get_user(org_name="org1", name="user")
        args = [self.prefix + "web", "ann", "1"]
        return self.change(loop, client, user, PEERS, "Create", args, transient_map=None, wait_for_event=True)

    def use_names_of_all_peers_as_they_stand_in_the_client(self, loop):
        client = self.client()
        user = client.get_user("org1", "user")
        return self.ask(loop, client, user, client._peers.keys(), "Echo", "keys")

    def use_peers_as_the_mapping_of_the_short_way(self, loop):
        from hfc.fabric_network.gateway import Gateway

        gateway = Gateway()
        options = {"wallet": "", "identity": {"org_name": "org1", "name": "user"}}
        loop.run_until_complete(gateway.connect(self.configuration["profile"], options))
        user = gateway.get_current_identity()
        network = loop.run_until_complete(gateway.get_network(CHANNEL, user))
        contract = network.get_contract(CHAINCODE)
        client = gateway.client
        call = client.chaincode_query(
            requestor=user,
            channel_name=contract.network.channel.name,
            peers=client._peers,
            args=["short"],
            cc_name=contract.cc_name,
            fcn="Echo",
        )
        return loop.run_until_complete(call)

    def use_a_language_that_is_only_a_constant(self, loop):
        from hfc.fabric.transaction.tx_proposal_request import CC_TYPE_NODE

        client = self.client()
        user = client.get_user("org1", "user")
        found = self.change(
            loop, client, user, PEERS, "Echo", ["node"], cc_type=CC_TYPE_NODE, wait_for_event=True
        )
        return [CC_TYPE_NODE, found]

    def use_messages_that_are_only_imported(self, loop):
        from hfc.protos.common import common_pb2
        from hfc.protos.peer import proposal_pb2, query_pb2
        from hfc.protos.peer.proposal_response_pb2 import Response

        found = Response.FromString(Response(status=200, message="fine").SerializeToString())
        names = [proposal_pb2.Proposal.__name__, query_pb2.ChaincodeInfo.__name__]
        return [found.status, found.message, names, common_pb2.HeaderType.Value("CONFIG")]

    def use_the_version(self, loop):
        import hfc

        return hfc.VERSION

    def use_imports_that_are_never_called(self, loop):
        from hfc.fabric.transaction.tx_context import TXContext, create_tx_context
        from hfc.fabric.transaction.tx_proposal_request import (
            CC_INSTALL,
            CC_INSTANTIATE,
            CC_INVOKE,
            TXProposalRequest,
            create_tx_prop_req,
        )
        from hfc.fabric_network.couchdbwalletstore import CouchDBWalletStore
        from hfc.util import utils
        from hfc.util.crypto.crypto import ecies
        from hfc.util.policies import d2s, s2d

        found = (TXContext, TXProposalRequest, CouchDBWalletStore, create_tx_context, create_tx_prop_req)
        names = [item.__name__ for item in found]
        present = [callable(item) for item in (s2d, d2s.parse, ecies, utils.build_tx_req)]
        return [names, [CC_INSTALL, CC_INSTANTIATE, CC_INVOKE], present]

    def use_a_version_of_the_chaincode(self, loop):
        client = self.client()
        return self.ask(loop, client, client.get_user("org1", "user"), PEERS, "Echo", "v", cc_version="1.0")

    def use_arguments_left_out(self, loop):
        client = self.client()
        user = client.get_user("org1", "user")
        return self.change(loop, client, user, PEERS, "EchoTransient", None, transient_map={"report": b"r"})

    def use_many_changes_at_once(self, loop):
        client = self.client()
        user = client.get_user("org1", "user")

        async def load():
            calls = [
                client.chaincode_invoke(
                    requestor=user,
                    channel_name=CHANNEL,
                    peers=PEERS,
                    args=[str(number)],
                    cc_name=CHAINCODE,
                    fcn="Echo",
                )
                for number in range(20)
            ]
            return await asyncio.gather(*calls)

        return loop.run_until_complete(load())

    # users

    def use_a_user_who_does_not_exist(self, loop):
        client = self.client()
        return self.ask(loop, client, client.get_user("org1", "nobody"), PEERS, "Echo", "a")

    def use_a_wallet_filled_from_files(self, loop):
        from cryptography.hazmat.primitives.serialization import load_pem_private_key
        from hfc.fabric_ca.caservice import Enrollment
        from hfc.fabric_network import wallet

        files = self.network["organizations"]["org1"]["users"]["user"]
        key = load_pem_private_key(Path(files["private_key"]).read_bytes(), password=None)
        enrollment = Enrollment(private_key=key, enrollmentCert=Path(files["cert"]).read_bytes())
        folder = wallet.FileSystenWallet(self.file("filled"))
        if not folder.exists("clerk"):
            wallet.Identity("clerk", enrollment).CreateIdentity(folder)
        user = folder.create_user("clerk", "org1", "Org1MSP")
        return [user.org, self.ask(loop, self.client(), user, ["peer0.org1"], "Echo", "wallet")]

    def use_private_names_of_an_enrolment(self, loop):
        from cryptography.hazmat.primitives import serialization

        enrollment = self.user().enrollment
        key = enrollment._private_key.private_bytes(
            encoding=serialization.Encoding.PEM,
            format=serialization.PrivateFormat.PKCS8,
            encryption_algorithm=serialization.NoEncryption(),
        )
        return [enrollment._cert[:27], key[:27], enrollment._caCert]

    def use_private_names_of_organisations(self, loop):
        found = {}
        for name, organization in self.client().organizations.items():
            found[name] = [
                organization._name,
                organization._mspid,
                organization._peers,
                sorted(organization._users),
            ]
        return found

    def use_keys_embedded_in_the_profile(self, loop):
        from hfc.fabric import Client

        network = json.loads(json.dumps(self.network))
        users = network["organizations"]["org1"]["users"]
        for form, user in (("pem", users["user"]), ("path", users["admin"])):
            for member, path in user.items():
                content = base64.b64encode(Path(path).read_bytes()).decode()
                user[member] = {"pem": content} if form == "pem" else {"path": path}
        Path(self.file("embedded.json")).write_text(json.dumps(network))
        client = Client(net_profile=self.file("embedded.json"))
        client.new_channel(CHANNEL)
        users = [client.get_user("org1", name) for name in ("user", "admin")]
        return [self.ask(loop, client, user, ["peer0.org1"], "Echo", user.name) for user in users]

    # clients without a profile

    def use_a_client_filled_by_hand(self, loop):
        from hfc.fabric import Client
        from hfc.fabric.orderer import Orderer

        client = Client()
        for name in PEERS:
            client._peers[name] = self.peer_of(name)
        orderer = Orderer(name="orderer.org1")
        orderer.init_with_bundle(self.network["orderers"]["orderer.org1"])
        client._orderers["orderer.org1"] = orderer
        user = self.user()
        channels = loop.run_until_complete(
            client.query_channels(requestor=user, peers=[client._peers[PEERS[0]]])
        )
        client.new_channel(CHANNEL)
        key = self.prefix + "by hand"
        made = self.change(
            loop, client, user, list(client._peers), "Create", [key, "a", "1"], wait_for_event=True
        )
        return [[channel.channel_id for channel in channels.channels], made]

    def use_roots_from_files_that_are_removed(self, loop):
        with tempfile.NamedTemporaryFile() as roots:
            roots.write(Path(self.network["peers"]["peer0.org1"]["tlsCACerts"]["path"]).read_bytes())
            roots.flush()
            peer = self.peer_of("peer0.org1", tlsCACerts={"path": roots.name})
        client = self.client()
        return self.ask(loop, client, self.user(), [peer], "Echo", "removed")

    def use_roots_in_the_profile(self, loop):
        pem = Path(self.network["peers"]["peer0.org1"]["tlsCACerts"]["path"]).read_text()
        peer = self.peer_of("peer0.org1", tlsCACerts={"pem": pem})
        return self.ask(loop, self.client(), self.user(), [peer], "Echo", "embedded")

    def use_a_peer_made_by_its_private_names(self, loop):
        from hfc.fabric.peer import Peer
        from hfc.protos.peer import peer_pb2_grpc
        from hfc.util.channel import create_grpc_channel

        known = self.network["peers"]["peer0.org1"]
        options = [("grpc.ssl_target_name_override", "peer0.org1")]
        peer = Peer(name="peer0.org1")
        peer._endpoint = known["url"].rpartition("://")[2]
        peer._tls_ca_certs_path = known["tlsCACerts"]["path"]
        peer._ssl_target_name = "peer0.org1"
        peer._grpc_options = dict(options)
        peer._channel = create_grpc_channel(peer._endpoint, peer._tls_ca_certs_path, opts=options)
        peer._endorser_client = peer_pb2_grpc.EndorserStub(peer._channel)
        client = self.client()
        client._peers = {"peer0.org1": peer}
        return self.ask(loop, client, self.user(), ["peer0.org1"], "Echo", "private")

    def use_discovery_before_anything(self, loop):
        from hfc.fabric import Client
        from hfc.fabric.peer import create_peer

        known = self.network["peers"]["peer0.org1"]
        peer = create_peer(
            endpoint=known["url"].rpartition("://")[2],
            tls_cacerts=known["tlsCACerts"]["path"],
            opts=(("grpc.ssl_target_name_override", "peer0.org1"),),
        )
        client, user = Client(), self.user()
        loop.run_until_complete(client.init_with_discovery(user, peer, CHANNEL))
        found = [sorted(client.organizations), len(client.orderers), client.get_channel(CHANNEL).name]
        return [found, self.ask(loop, client, user, [peer], "Echo", "discovered")]

    def use_what_discovery_answers(self, loop):
        from hfc.fabric.block_decoder import (
            decode_fabric_endpoints,
            decode_fabric_MSP_config,
            decode_fabric_peers_info,
        )

        client = self.client()
        channel, peer = client.get_channel(CHANNEL), client.get_peer("peer0.org1")
        interests = [{"chaincodes": [{"name": CHAINCODE}]}]
        asked = channel._discovery(self.user(), peer, config=True, local=False, interests=interests)
        members, config, endorsers = loop.run_until_complete(asked).results
        peers = {
            mspid: decode_fabric_peers_info(found.peers)
            for mspid, found in members.members.peers_by_org.items()
        }
        for found in peers.values():
            for peer in found:
                peer["ledger_height"] = isinstance(peer["ledger_height"], int)
        content = endorsers.cc_query_res.content[0]
        return {
            "peers": peers,
            "msps": {
                mspid: decode_fabric_MSP_config(msp.SerializeToString())
                for mspid, msp in config.config_result.msps.items()
            },
            "orderers": {
                mspid: decode_fabric_endpoints(found.endpoint)
                for mspid, found in config.config_result.orderers.items()
            },
            "endorsers": [content.chaincode, len(content.endorsers_by_groups), len(content.layouts)],
        }

    # own proposals

    def proposed(self, client, user, fcn, *args):
        from hfc.fabric.transaction.tx_context import create_tx_context
        from hfc.fabric.transaction.tx_proposal_request import CC_INVOKE, CC_TYPE_GOLANG, create_tx_prop_req
        from hfc.util.crypto.crypto import ecies

        request = create_tx_prop_req(
            prop_type=CC_INVOKE,
            cc_type=CC_TYPE_GOLANG,
            cc_name=CHAINCODE,
            fcn=fcn,
            cc_version="1.0",
            args=list(args),
        )
        endorsers = {}
        for organization in client.organizations.values():
            if organization._peers and organization._mspid not in endorsers:
                endorsers[organization._mspid] = client.peers[organization._peers[0]]
        context = create_tx_context(user, ecies(), request)
        return client.get_channel(CHANNEL).send_tx_proposal(context, endorsers.values())

    def use_own_proposals(self, loop):
        from hfc.fabric.block_decoder import decode_proposal_response_payload

        client = self.client()
        responses, _, header = self.proposed(client, self.user(), "Echo", "own")
        found = loop.run_until_complete(asyncio.gather(*responses))
        decoded = decode_proposal_response_payload(found[0].payload)["extension"]
        return [
            [[item.response.status, item.response.payload] for item in found],
            [decoded["response"], decoded["chaincode_id"]["name"], sorted(decoded["results"])],
            len(header.channel_header) > 0,
        ]

    def use_own_proposals_sent_to_an_orderer(self, loop):
        from hfc.fabric.transaction.tx_context import create_tx_context
        from hfc.fabric.transaction.tx_proposal_request import TXProposalRequest
        from hfc.util.crypto.crypto import ecies
        from hfc.util.utils import build_tx_req, send_transaction

        client, user = self.client(), self.user()
        key = self.prefix + "own"
        responses, proposal, header = self.proposed(client, user, "Create", key, "ann", "3")
        found = loop.run_until_complete(asyncio.gather(*responses))
        context = create_tx_context(user, ecies(), TXProposalRequest())
        request = build_tx_req((found, proposal, header))

        async def sent():
            return [item.status async for item in send_transaction(client.orderers, request, context)]

        statuses = loop.run_until_complete(sent())
        for _ in range(DEADLINE * 10):
            try:
                return [statuses, self.ask(loop, client, user, ["peer0.org1"], "Read", key)]
            except Exception:
                loop.run_until_complete(asyncio.sleep(0.1))
        return statuses

    def use_a_context_of_ones_own(self, loop):
        from hfc.fabric.transaction.tx_context import TXContext
        from hfc.util.crypto.crypto import ecies

        user = self.user()
        context = TXContext(user, ecies(), None)
        public = user.enrollment.private_key.public_key()
        signed = ecies().verify(public, b"said", context.sign(b"said"))
        return [len(context.tx_id), len(context.nonce), context.epoch, signed]

    # handlers of errors

    def use_a_handler_that_looks_into_the_peers_answers(self, loop):
        client = self.client()
        try:
            self.ask(loop, client, self.user(), PEERS, "Read", self.prefix + "nothing")
        except Exception as error:
            return next(item for item in error.args[0] if item.response.status != 200).response.message

    def use_a_handler_of_grpcs_errors(self, loop):
        import grpc

        client = self.client()
        client._peers["gone"] = self.peer_of("peer0.org1", url="localhost:9")
        try:
            self.ask(loop, client, self.user(), ["gone"], "Echo", "a")
        except grpc.RpcError as error:
            return [error.code().name, "failed to connect to all addresses" in error.details()]

    def use_a_handler_that_asks_for_details(self, loop):
        from hfc.fabric.user import create_user
        from hfc.util.keyvaluestore import FileKeyValueStore

        key, certificate = self.stranger()
        store = FileKeyValueStore(self.file("strangers"))
        user = create_user("stranger", "org1", store, "Org1MSP", key, certificate)
        try:
            self.ask(loop, self.client(), user, ["peer0.org1"], "Echo", "a")
        except Exception as error:
            return hasattr(error, "details") and "access denied" in error.details()

    def stranger(self):
        """A key and a certificate that no authority of the channel has issued."""
        from datetime import datetime, timedelta

        from cryptography import x509
        from cryptography.hazmat.primitives import hashes, serialization
        from cryptography.hazmat.primitives.asymmetric import ec

        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(x509.oid.NameOID.COMMON_NAME, "stranger")])
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(datetime.now() - timedelta(days=1))
            .not_valid_after(datetime.now() + timedelta(days=1))
            .sign(key, hashes.SHA256())
        )
        files = [self.file("stranger.key"), self.file("stranger.pem")]
        Path(files[0]).write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        Path(files[1]).write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        return files

    def use_errors_of_the_repositorys_main(self, loop):
        from hfc.fabric.chaincode import ChaincodeExecutionError

        client = self.client()
        try:
            self.change(loop, client, self.user(), PEERS, "Fail", ["no"], raise_on_error=True)
        except ChaincodeExecutionError as error:
            return str(error)

    # events

    def use_every_transaction_from_the_beginning(self, loop):
        client = self.client()
        seen = []
        hub = client.get_channel(CHANNEL).newChannelEventHub(client.get_peer("peer0.org1"), self.user())
        stream = hub.connect(start="oldest", stop="newest", filtered=False)
        hub.registerTxEvent("all", onEvent=lambda transaction, status, number: seen.append(status))
        loop.run_until_complete(asyncio.gather(asyncio.wait_for(stream, DEADLINE), return_exceptions=True))
        hub.disconnect()
        return [len(seen) > 10, set(seen) <= {"VALID", "ENDORSEMENT_POLICY_FAILURE"}]

    def use_events_of_a_chaincode_read_again_from_the_first_block(self, loop):
        client = self.client()
        user = self.user()
        self.change(loop, client, user, PEERS, "Emit", [self.prefix + "again", "p"], wait_for_event=True)
        hub = client.get_channel(CHANNEL).newChannelEventHub(client.get_peer("peer0.org1"), user)
        stream = hub.connect(start=0, filtered=False)
        seen = []

        def told(event, block_number, transaction, status):
            seen.append([event["event_name"], event["payload"], status])
            hub.disconnect()

        hub.registerChaincodeEvent(CHAINCODE, self.prefix + "again", onEvent=told)
        loop.run_until_complete(asyncio.gather(asyncio.wait_for(stream, DEADLINE), return_exceptions=True))
        return seen

    def use_a_process_that_is_started_when_all_is_closed(self, loop):
        client = self.client()
        self.ask(loop, client, client.get_user("org1", "user"), ["peer0.org1"], "Echo", "parent")
        loop.run_until_complete(client.close_grpc_channels())
        return self.in_a_child()

    def use_a_process_that_is_started_with_a_connection_open(self, loop):
        client = self.client()
        self.ask(loop, client, client.get_user("org1", "user"), ["peer0.org1"], "Echo", "parent")
        try:
            return self.in_a_child()
        finally:
            loop.run_until_complete(client.close_grpc_channels())

    def in_a_child(self):
        """What a child that is forked now is answered, with a client of its own."""
        results = multiprocessing.Queue()
        child = multiprocessing.Process(target=self.child, args=[results])
        child.start()
        try:
            return results.get(timeout=DEADLINE)
        finally:
            child.kill()
            child.join()

    def child(self, results):
        loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
        try:
            client = self.client()
            user = client.get_user("org1", "user")
            results.put(self.ask(loop, client, user, ["peer0.org1"], "Echo", "child"))
        except Exception as error:
            results.put(f"{type(error).__name__}: {error}")

    # operators

    def use_a_channel_that_peers_join(self, loop):
        client = self.client()
        call = client.channel_join(
            requestor=client.get_user("org1", "admin"),
            channel_name=CHANNEL,
            peers=["peer0.org1"],
            orderer="orderer.org1",
        )
        return "already exists" in loop.run_until_complete(call)

    def use_a_channel_that_the_client_does_not_know(self, loop):
        client = self.client()
        call = client.channel_join(
            requestor=client.get_user("org1", "admin"),
            channel_name="unknown",
            peers=["peer0.org1"],
            orderer="orderer.org1",
        )
        return loop.run_until_complete(call)

    def use_the_configuration_from_an_orderer(self, loop):
        client = self.client()
        call = client.get_channel_config_with_orderer(
            orderer="orderer.org1", requestor=client.get_user("org1", "admin"), channel_name=CHANNEL
        )
        found = loop.run_until_complete(call)
        return [found["config"]["sequence"], sorted(found["config"]["channel_group"]["groups"]), found]

    def use_the_configuration_decoded(self, loop):
        from hfc.fabric.block_decoder import decode_config

        client = self.client()
        call = client.get_channel_config(self.user(), CHANNEL, ["peer0.org1"])
        return decode_config(loop.run_until_complete(call)[0].config)

    def use_a_chaincode_installed_by_a_script(self, loop):
        client = self.client()
        call = client.chaincode_install(
            requestor=client.get_user("org1", "admin"),
            peers=["peer0.org1"],
            cc_path="github.com/example_cc",
            cc_name="example_cc",
            cc_version="v1.0",
        )
        return loop.run_until_complete(call)

    def use_a_channel_created_by_a_script(self, loop):
        client = self.client()
        call = client.channel_create(
            orderer="orderer.org1",
            channel_name="fresh",
            requestor=client.get_user("org1", "admin"),
            config_yaml=self.file("configtx"),
            channel_profile="TwoOrgsChannel",
        )
        return loop.run_until_complete(call)

    def use_the_lifecycle_of_the_repositorys_main(self, loop):
        from hfc.fabric.lifecycle import Lifecycle

        client = self.client()
        lifecycle, admin = Lifecycle(client, cc_name=CHAINCODE), client.get_user("org1", "admin")
        installed = loop.run_until_complete(lifecycle.query_installed_chaincodes(admin, ["peer0.org1"]))
        committed = loop.run_until_complete(
            lifecycle.query_committed_chaincodes(admin, ["peer0.org1"], CHANNEL, CHAINCODE)
        )
        return [
            [sorted(item) for item in installed[0]["installedChaincodes"]],
            committed[0]["version"],
            committed[0]["sequence"],
        ]


def main():
    _, configuration, results = sys.argv[1:]
    logging.disable(logging.CRITICAL)
    usages = Usages(json.loads(Path(configuration).read_text()))
    try:
        usages.all()
    finally:
        Path(results).write_text(json.dumps(usages.results, default=written, indent=1))


if __name__ == "__main__":
    main()
