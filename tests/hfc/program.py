"""A program as people wrote them for hfc 1.0.0, after its tutorial: only hfc and the standard library.

    program.py act|read CONFIGURATION RESULTS

`act` writes to the ledger and calls a certificate authority; `read` queries the ledger. The results are JSON:
each step's value, or the error that it raised. Bytes are written as `{"hex": …}`.
"""

import asyncio
import json
import logging
import sys
import time
from pathlib import Path

from hfc.fabric import Client
from hfc.fabric.user import User, create_user
from hfc.fabric_ca.caservice import CAClient, Enrollment, ca_service
from hfc.fabric_network import wallet
from hfc.fabric_network.gateway import Gateway
from hfc.fabric_network.inmemorywalletstore import InMemoryWalletStore
from hfc.util.keyvaluestore import FileKeyValueStore

CHANNEL = "trade"
CHAINCODE = "assets"
BOTH = ["peer0.org1", "peer0.org2"]
DEADLINE = 20


class Program:
    def __init__(self, configuration):
        self.results = {}
        self.configuration = configuration
        self.prefix = configuration["prefix"]
        self.client = Client(net_profile=configuration["profile"])
        self.user = self.client.get_user("org1", "user")
        self.channel = self.client.new_channel(CHANNEL)

    def note(self, step, value):
        assert step not in self.results, step
        self.results[step] = {"value": value}

    async def step(self, step, call):
        """Record what a call returns or raises; a coroutine is awaited."""
        began = time.monotonic()
        try:
            value = call()
            if asyncio.iscoroutine(value):
                value = await asyncio.wait_for(value, DEADLINE)
        except Exception as error:
            value = None
            self.results[step] = {
                "error": type(error).__name__,
                "kinds": kinds_of(error),
                "says": said_by(error),
            }
        else:
            self.note(step, value)
        print(f"{step}: {time.monotonic() - began:.2f} s", flush=True)
        return value

    def invoke(self, fcn, *args, peers=BOTH, user=None, **options):
        return self.client.chaincode_invoke(
            requestor=user or self.user,
            channel_name=CHANNEL,
            peers=peers,
            args=list(args),
            cc_name=CHAINCODE,
            fcn=fcn,
            **options,
        )

    def query(self, fcn, *args, peers=BOTH, user=None, **options):
        return self.client.chaincode_query(
            requestor=user or self.user,
            channel_name=CHANNEL,
            peers=peers,
            args=list(args),
            cc_name=CHAINCODE,
            fcn=fcn,
            **options,
        )

    async def act(self):
        self.profile()
        await self.gateway()
        await self.wallets()
        await self.invocations()
        await self.events()
        await self.authority("authority")
        await self.authority("compatible_authority")

    def profile(self):
        client = self.client
        self.note("profile.organizations", sorted(client.organizations))
        self.note("profile.peers", sorted(client.peers))
        self.note("profile.orderers", sorted(client.orderers))
        self.note("profile.CAs", sorted(client.CAs))
        self.note("profile.get_net_info", client.get_net_info("organizations", "org1", "mspid"))
        self.note("profile.get_net_info.unknown", client.get_net_info("organizations", "org9", "mspid"))
        self.note("profile.get_user.unknown", client.get_user("org1", "nobody"))
        self.note("profile.get_user.unknown organisation", client.get_user("org9", "user"))
        self.note("profile.get_peer.name", client.get_peer("peer0.org1").name)
        self.note("profile.get_peer.endpoint", client.get_peer("peer0.org1").endpoint)
        self.note("profile.get_peer.unknown", client.get_peer("peer9.org1"))
        self.note("profile.get_orderer.name", client.get_orderer("orderer.org1").name)
        self.note("profile.get_orderer.unknown", client.get_orderer("orderer9"))
        self.note("profile.get_channel", client.get_channel(CHANNEL) is self.channel)
        self.note("profile.get_channel.unknown", client.get_channel("other"))
        self.note("profile.channel.name", self.channel.name)
        user = self.user
        self.note(
            "profile.user", [user.name, user.org, user.msp_id, user.is_registered(), user.is_enrolled()]
        )
        self.note("profile.user.cert", user.enrollment.cert)

    async def gateway(self):
        """The short form of `hfc.fabric_network`, as in the tutorial."""
        gateway = Gateway()
        merged = gateway.mergeOptions({"a": {"b": 1}, "c": 2}, {"a": {"d": 3}, "c": 4})
        self.note("gateway.mergeOptions", merged)
        options = {"wallet": "", "identity": {"org_name": "org1", "name": "user"}}
        await gateway.connect(self.configuration["profile"], options)
        self.note("gateway.current identity", gateway.get_current_identity().name)
        network = await gateway.get_network(CHANNEL, self.user)
        contract = network.get_contract(CHAINCODE)
        self.note("gateway.contract", [contract.get_cc_name(), contract.get_network() is network])
        await self.step("gateway.submit", lambda: contract.submit_transaction(CHANNEL, ["a"], self.user))
        await self.step("gateway.evaluate", lambda: contract.evaluate_transaction(CHANNEL, ["a"], self.user))
        await gateway.client.close_grpc_channels()

    async def wallets(self):
        """A user from the file wallet, one from the in-memory wallet, and one created from files."""
        enrollment = self.user.enrollment
        folder = self.configuration["folder"] + "/wallet"
        files = wallet.FileSystenWallet(path=folder)
        self.note("wallet.exists before", files.exists("clerk"))
        wallet.Identity("clerk", enrollment).CreateIdentity(files)
        self.note("wallet.exists", files.exists("clerk"))
        self.note("wallet.files", sorted(file.name for file in (Path(folder) / "clerk").iterdir()))
        user = files.create_user("clerk", "org1", "Org1MSP")
        self.note("wallet.user", [user.name, user.org, user.msp_id])
        await self.step("wallet.user queries", lambda: self.query("Echo", "by clerk", user=user))
        await self.step(
            "wallet.unknown user", lambda: files.create_user("nobody", "org1", "Org1MSP") and None
        )
        await self.step("wallet.Identity of no enrolment", lambda: wallet.Identity("x", "y"))

        await self.step("wallet.remove", lambda: files.remove("clerk") or files.exists("clerk"))

        memory = InMemoryWalletStore()
        memory.put("clerk", Enrollment(enrollment.private_key, enrollment.cert))
        store = FileKeyValueStore(self.configuration["folder"] + "/store")
        user = memory.create_user("clerk", "org1", "Org1MSP", state_store=store)
        await self.step("memory wallet.user queries", lambda: self.query("Echo", "from memory", user=user))
        memory.remove("clerk")
        self.note("memory wallet.exists after remove", memory.exists("clerk"))
        restored = User("clerk", "org1", store)
        self.note(
            "store.restored user", [restored.name, restored.org, restored.msp_id, restored.is_enrolled()]
        )
        store.set_value("key", "value")
        self.note("store.values", [store.get_value("key"), store.get_value("other")])

        key, certificate = self.configuration["key"], self.configuration["certificate"]
        user = create_user("made", "org1", store, "Org1MSP", key, certificate)
        await self.step("create_user.queries", lambda: self.query("Echo", "made", user=user))
        await self.step(
            "create_user.no MSP id",
            lambda: create_user("made2", "org1", store, "", key, certificate) and None,
        )

    async def invocations(self):
        apple = self.prefix + "apple"
        step, invoke, query = self.step, self.invoke, self.query
        await step("invoke", lambda: invoke("Create", apple, "ann", "1", wait_for_event=True))
        await step("query", lambda: query("Read", apple))
        await step(
            "query.peer instance", lambda: query("Read", apple, peers=[self.client.get_peer("peer0.org1")])
        )
        await step("query.other organisation", lambda: query("Read", apple, peers=["peer0.org2"]))
        await step("query.bytes", lambda: query("Echo", b"by", "tes"))
        await step("query.transient", lambda: query("EchoTransient", transient_map={"colour": b"green"}))
        await step("query.not UTF-8", lambda: query("Echo", b"\xff\xfe"))
        await step("invoke.result is not waited for", lambda: invoke("Echo", "sent"))
        await step("invoke.transient", lambda: invoke("EchoTransient", transient_map={"colour": b"red"}))
        await step(
            "invoke.empty result", lambda: invoke("Fill", self.prefix + "room", "10", wait_for_event=True)
        )
        await step(
            "invoke.refused by the chaincode", lambda: invoke("Fail", "no; not today", wait_for_event=True)
        )
        await step("invoke.refused: taken", lambda: invoke("Create", apple, "bob", "2", wait_for_event=True))
        await step("invoke.refused by one peer", lambda: invoke("FailAt", "Org2MSP", wait_for_event=True))
        await step("invoke.peers differ", lambda: invoke("Differ", wait_for_event=True))
        await step(
            "invoke.policy not met", lambda: invoke("Echo", "a", peers=["peer0.org1"], wait_for_event=True)
        )
        await step("invoke.no peers", lambda: invoke("Echo", "a", peers=[]))
        await step("invoke.unknown peer", lambda: invoke("Echo", "a", peers=["peer9.org1"]))
        await step("invoke.peer of a wrong type", lambda: invoke("Echo", "a", peers=[5]))
        await step("invoke.argument of a wrong type", lambda: invoke("Echo", 5))
        await step("invoke.no arguments", lambda: invoke("Echo", wait_for_event=True))
        await step("query.refused by the chaincode", lambda: query("Read", self.prefix + "none"))
        await step("query.no peers", lambda: query("Read", apple, peers=[]))
        await step("query.unknown channel", lambda: self.elsewhere("other", CHAINCODE))
        await step(
            "query.channel not joined", lambda: self.elsewhere(self.client.new_channel("far").name, CHAINCODE)
        )
        await step("query.unknown chaincode", lambda: self.elsewhere(CHANNEL, "nothing"))
        await step("new_channel.bad name", lambda: self.client.new_channel("No Name"))
        await step(
            "invoke.event",
            lambda: invoke("Emit", "sold", "for 3 euro", wait_for_event=True, cc_pattern="^sol"),
        )
        await step(
            "invoke.event that does not come",
            lambda: invoke(
                "Emit", "sold", "a", wait_for_event=True, cc_pattern="^bought", wait_for_event_timeout=2
            ),
        )

        await step("invoke.private data", self.private)

    async def private(self):
        """Write transient data to a collection of both organisations, and query it there."""
        transient = {"collection": b"shared", "key": (self.prefix + "plum").encode(), "value": b"ripe"}
        await self.invoke("PutPrivate", transient_map=transient, wait_for_event=True)
        return await self.query("GetPrivate", "shared", self.prefix + "plum")

    def elsewhere(self, channel, chaincode):
        return self.client.chaincode_query(
            requestor=self.user,
            channel_name=channel,
            peers=["peer0.org1"],
            args=["a"],
            cc_name=chaincode,
            fcn="Echo",
        )

    def hub(self, peer="peer0.org1"):
        return self.channel.newChannelEventHub(self.client.get_peer(peer), self.user)

    async def settled(self, stream):
        """Wait for a stream as hfc's own programs do, which cannot tell its end from a disconnection."""
        await asyncio.wait_for(asyncio.gather(stream, return_exceptions=True), DEADLINE)

    async def events(self):
        await self.step("events.chaincode, filtered", lambda: self.chaincode_events(filtered=True))
        await self.step("events.chaincode, full", lambda: self.chaincode_events(filtered=False))
        await self.step("events.chaincode, as array", self.events_as_array)
        await self.step("events.transaction, filtered", lambda: self.transaction_event(filtered=True))
        await self.step("events.transaction, full", lambda: self.transaction_event(filtered=False))
        await self.step("events.one transaction", self.one_transaction)

    async def chaincode_events(self, filtered):
        seen = []
        name = "filtered" if filtered else "full"
        hub = self.hub()
        stream = hub.connect(filtered=filtered)

        def on_event(event, block_number, transaction_id, status):
            seen.append([event, isinstance(block_number, int), transaction_id == event["tx_id"], status])
            hub.disconnect()

        other = hub.registerChaincodeEvent(CHAINCODE, "^nothing")
        hub.registerChaincodeEvent(CHAINCODE, "^" + name[:3], onEvent=on_event)
        hub.unregisterChaincodeEvent(other)
        running = asyncio.ensure_future(self.settled(stream))
        await self.invoke("Emit", name, "payload of the event", wait_for_event=True)
        await running
        return {"seen": seen, "connected": hub.connected}

    async def events_as_array(self):
        seen = []
        hub = self.hub("peer0.org2")
        stream = hub.connect(as_array=True)
        hub.registerChaincodeEvent(CHAINCODE, "many", unregister=True, disconnect=True, onEvent=seen.extend)
        running = asyncio.ensure_future(self.settled(stream))
        await self.invoke("Emit", "many", "a", wait_for_event=True)
        await running
        return [[sorted(event), event["chaincode_event"]["event_name"], event["tx_status"]] for event in seen]

    async def transaction_event(self, filtered):
        """Every transaction from now on, beginning with the last block's."""
        await self.invoke("Echo", "a", wait_for_event=True)
        seen = []
        hub = self.hub()
        stream = hub.connect(filtered=filtered)

        def on_event(transaction_id, status, block_number):
            seen.append([transaction_id, status, isinstance(block_number, int)])
            if status == "ENDORSEMENT_POLICY_FAILURE":
                hub.disconnect()

        hub.registerTxEvent("all", onEvent=on_event)
        running = asyncio.ensure_future(self.settled(stream))
        await self.invoke("Echo", "b", wait_for_event=True)
        await self.invoke("Echo", "c", peers=["peer0.org1"])
        await running
        return seen

    async def one_transaction(self):
        """An old transaction, found by reading from the genesis block on."""
        info = await self.client.query_info(self.user, CHANNEL, ["peer0.org1"])
        last = await self.client.query_block(self.user, CHANNEL, ["peer0.org1"], str(info.height - 1))
        old = last["data"]["data"][0]["payload"]["header"]["channel_header"]["tx_id"]
        seen = []
        hub = self.hub()
        stream = hub.connect(start=0, stop=info.height - 1)
        hub.registerTxEvent(
            old,
            onEvent=lambda transaction, status, number: seen.append(
                [transaction == old, status, number == info.height - 1]
            ),
        )
        await self.settled(stream)
        return seen

    async def authority(self, name):
        where = self.configuration[name]
        service = ca_service(target=where["url"], ca_certs_path=where["roots"], ca_name=where["name"])
        note, step, member = self.note, self.step, self.prefix + "member"
        chain = CAClient(where["url"], where["roots"], ca_name=where["name"]).get_cainfo()
        note(
            name + ".chain",
            chain.startswith(b"-----BEGIN"),
        )
        await step(name + ".enroll.wrong secret", lambda: service.enroll("registrar", "wrong"))
        await step(name + ".enroll.no secret", lambda: service.enroll("registrar", ""))
        registrar = service.enroll("registrar", "registrarpw")
        note(name + ".enroll", [type(registrar).__name__, registrar.cert[:27], registrar.caCert[:27]])
        attributes = [{"name": "shade", "value": "blue", "ecert": True}]
        secret = await step(
            name + ".register", lambda: registrar.register(member, "secret", "client", "", -1, attributes)
        )
        await step(name + ".register.again", lambda: registrar.register(member, "secret"))
        await step(name + ".register.no name", lambda: registrar.register(""))
        await step(name + ".register.maxEnrollments", lambda: registrar.register("x", maxEnrollments="many"))
        if secret is None:
            return
        generated = registrar.register(self.prefix + "generated")
        note(name + ".register.generated secret", [type(generated).__name__, len(generated)])
        enrolled = service.enroll(member, secret, attr_reqs=[{"name": "shade", "optional": False}])
        note(name + ".enroll.attribute", b"blue" in der(enrolled.cert))
        again = service.reenroll(enrolled)
        note(name + ".reenroll", [again.cert != enrolled.cert, again.cert[:27]])
        await step(name + ".reenroll.no enrolment", lambda: service.reenroll("member"))
        user = InMemoryWalletStore()
        user.put(member, again)
        identities = service.newIdentityService()
        await step(name + ".identities.getOne", lambda: identities.getOne(member, registrar))
        await step(name + ".identities.getOne.unknown", lambda: identities.getOne("nobody", registrar))
        await step(
            name + ".identities.update", lambda: identities.update(member, registrar, maxEnrollments=7)
        )
        await step(
            name + ".identities.create", lambda: identities.create(registrar, self.prefix + "made", "made")
        )
        await step(name + ".identities.getAll", lambda: sorted(identities.getAll(registrar)["result"]))
        await step(name + ".identities.delete", lambda: identities.delete(self.prefix + "made", registrar))
        certificates = service.newCertificateService()
        await step(
            name + ".certificates",
            lambda: len(certificates.getCertificates(registrar, id=member)["result"]["certs"]) > 0,
        )
        affiliations = service.newAffiliationService()
        await step(
            name + ".affiliations.create", lambda: affiliations.create(registrar, self.prefix + "department")
        )
        await step(
            name + ".affiliations.getOne", lambda: affiliations.getOne(self.prefix + "department", registrar)
        )
        await step(
            name + ".affiliations.update",
            lambda: affiliations.update(self.prefix + "department", registrar, self.prefix + "office"),
        )
        await step(name + ".affiliations.getAll", lambda: sorted(affiliations.getAll(registrar)["result"]))
        await step(
            name + ".affiliations.delete", lambda: affiliations.delete(self.prefix + "office", registrar)
        )
        await step(name + ".revoke.wrong reason", lambda: registrar.revoke(member, reason="bored"))
        await step(name + ".revoke.nothing", registrar.revoke)
        revoked = registrar.revoke(member, reason="superseded", gencrl=True)
        note(name + ".revoke", [[sorted(entry) for entry in revoked[0]], len(revoked[1]) > 0])
        await step(name + ".reenroll.revoked", lambda: service.reenroll(again) and None)
        await step(name + ".generateCRL", lambda: len(registrar.generateCRL()) > 0)

    async def read(self):
        client, user, peers = self.client, self.user, ["peer0.org1"]
        info = await client.query_info(user, CHANNEL, peers)
        self.note("info", [info.height, info.currentBlockHash, info.previousBlockHash, type(info).__name__])
        channels = await client.query_channels(user, peers)
        self.note(
            "channels", [[channel.channel_id for channel in channels.channels], type(channels).__name__]
        )
        transactions = []
        for number in range(info.height):
            block = await client.query_block(user, CHANNEL, peers, str(number))
            self.note(f"block {number}", block)
            for data in block["data"]["data"]:
                transactions.append(data["payload"]["header"]["channel_header"]["tx_id"])
        for transaction in filter(None, transactions):
            self.note(
                f"transaction {transaction}",
                await client.query_transaction(user, CHANNEL, peers, transaction),
            )
        last = transactions[-1]
        by_id = await client.query_block_by_txid(user, CHANNEL, peers, last)
        self.note("block by transaction", by_id)
        by_hash = await client.query_block_by_hash(user, CHANNEL, peers, info.currentBlockHash)
        self.note("block by hash", by_hash)
        step = self.step
        await step("info.other organisation", lambda: self.height(["peer0.org2"]))
        await step("info.no peers", lambda: client.query_info(user, CHANNEL, []))
        await step("info.not decoded", lambda: client.query_info(user, CHANNEL, peers, decode=False))
        await step("block.not there", lambda: client.query_block(user, CHANNEL, peers, "100000"))
        await step("block.not decoded", lambda: client.query_block(user, CHANNEL, peers, "0", decode=False))
        await step("transaction.not there", lambda: client.query_transaction(user, CHANNEL, peers, "none"))
        await step("configuration", self.configuration_of_the_channel)
        await step("instantiated", self.instantiated)
        await step("installed", self.installed)
        await step("peers", lambda: self.peers(local=True))
        await step(
            "peers, by an administrator",
            lambda: self.peers(local=True, user=client.get_user("org1", "admin")),
        )
        await step("peers of the channel", lambda: self.peers(local=False))
        for name, filtered, start, stop in (
            ("filtered", True, 0, "newest"),
            ("full", False, 0, "newest"),
            ("from oldest to newest", True, "oldest", "newest"),
            ("two", True, 1, 2),
            ("oldest alone", True, "oldest", None),
            ("from oldest to a number", True, "oldest", 3),
            ("newest alone", False, "newest", "newest"),
            ("more than there are", True, 3, 100_000),
            ("none that are there", True, 90_000, 100_000),
        ):
            blocks = await self.blocks(filtered, start, stop)
            self.note(f"block events, {name}", blocks)
        await step("block events.start after stop", lambda: self.blocks(True, 2, 1))
        await step("block events.one block", self.one_block)
        await step("block events.two registrations from a block", self.twice_from)
        await step("block events.bad start", lambda: self.blocks(True, "first", None))
        await step("block events.registered from a block", self.registered_from)

    async def height(self, peers):
        return (await self.client.query_info(self.user, CHANNEL, peers)).height

    async def configuration_of_the_channel(self):
        answers = await self.client.get_channel_config(self.user, CHANNEL, ["peer0.org1"])
        return [[type(answer).__name__, answer.config.sequence, answer] for answer in answers]

    async def instantiated(self):
        answers = await self.client.query_instantiated_chaincodes(self.user, CHANNEL, ["peer0.org1"])
        return [[[item.name, item.version] for item in answer.chaincodes] for answer in answers]

    async def installed(self):
        answers = await self.client.query_installed_chaincodes(self.user, ["peer0.org1"])
        return [[[item.name, item.version] for item in answer.chaincodes] for answer in answers]

    async def peers(self, local, user=None):
        return await self.client.query_peers(user or self.user, "peer0.org1", channel=CHANNEL, local=local)

    async def blocks(self, filtered, start, stop):
        seen = []
        hub = self.hub()
        stream = hub.connect(filtered=filtered, start=start, stop=stop)
        hub.registerBlockEvent(unregister=False, onEvent=seen.append)
        await self.settled(stream)
        return {"blocks": seen, "connected": hub.connected}

    async def one_block(self):
        """A registration that is notified once, and disconnects."""
        seen = []
        hub = self.hub()
        stream = hub.connect(start=0)
        hub.registerBlockEvent(disconnect=True, onEvent=lambda block: seen.append(block["number"]))
        await self.settled(stream)
        return [seen, hub.connected, hub.have_registrations()]

    async def twice_from(self):
        hub = self.hub()
        hub.registerBlockEvent(start=1, stop=3)
        hub.registerTxEvent("all")

    async def registered_from(self):
        """A registration with a first and a last block, which unregisters and disconnects at the end."""
        seen = []
        hub = self.hub()
        hub.registerBlockEvent(
            start=1, stop=3, unregister=False, onEvent=lambda block: seen.append(block["number"])
        )
        await self.settled(hub.connect())
        return seen


def der(pem):
    """A PEM certificate's bytes, which contain its attributes as plain JSON."""
    import base64

    return base64.b64decode(b"".join(line for line in pem.splitlines() if not line.startswith(b"-----")))


def kinds_of(error):
    """The built-in exception classes of an error, the nearest first."""
    return [kind.__name__ for kind in type(error).__mro__ if kind.__module__ == "builtins"]


def said_by(error):
    """An error's arguments: texts, lists of texts, or peers' answers."""
    return [said(argument) for argument in error.args]


def said(argument):
    if isinstance(argument, (list, tuple)):
        return [said(item) for item in argument]
    if hasattr(argument, "response"):
        return {"status": argument.response.status, "message": argument.response.message}
    return argument if isinstance(argument, (str, int)) else type(argument).__name__


def written(value):
    if isinstance(value, bytes):
        return {"hex": value.hex()}
    if hasattr(value, "DESCRIPTOR"):
        return {"message": type(value).__name__, "hex": value.SerializeToString(deterministic=True).hex()}
    if hasattr(value, "__iter__"):
        return list(value)
    return {"object": type(value).__name__}


def main():
    command, configuration, results = sys.argv[1:]
    logging.disable(logging.CRITICAL)
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    program = Program(json.loads(Path(configuration).read_text()))
    try:
        loop.run_until_complete(getattr(program, command)())
    finally:
        Path(results).write_text(json.dumps(program.results, default=written, indent=1))
    loop.run_until_complete(program.client.close_grpc_channels())


if __name__ == "__main__":
    main()
