"""The lifecycle of chaincodes since Fabric 2, as the repository's main has it; deploying is refused."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, NoReturn

from google.protobuf.json_format import MessageToDict

from fabric_gateway.hfc import _messages as m
from fabric_gateway.hfc._commands import refuse
from fabric_gateway.hfc.fabric.channel._proposals import send_proposal
from fabric_gateway.hfc.fabric.client import Client
from fabric_gateway.hfc.fabric.peer import Peer, known
from fabric_gateway.hfc.fabric.transaction.tx_context import TXContext
from fabric_gateway.hfc.fabric.transaction.tx_proposal_request import TXProposalRequest
from fabric_gateway.hfc.fabric.user import User
from fabric_gateway.hfc.util.consts import (
    LC_QUERY_APPROVED,
    LC_QUERY_CC_DEFINITION,
    LC_QUERY_CC_DEFINITIONS,
    LC_QUERY_INSTALLED,
    LIFECYCLE_CC,
    SUCCESS_STATUS,
)


class Lifecycle:
    """What is installed, approved and committed. Each query answers for each peer: a mapping, or bytes.

    Args:
        client: the client that asks.
        cc_name: name of the chaincode that is to be deployed; not needed for queries.
    """

    def __init__(self, client: Client, cc_name: str = "") -> None:
        self._client = client
        self._name = cc_name

    async def query_installed_chaincodes(
        self, requestor: User, peers: Sequence[Peer | str], decode: bool = True
    ) -> list[Any]:
        """The packages on each peer; for its administrators.

        Raises:
            RuntimeError: a peer refuses; the message is its own.
            grpc.RpcError: a peer cannot be reached, or does not accept the user.
        """
        query = m.lifecycle.QueryInstalledChaincodesArgs()
        kind = m.lifecycle.QueryInstalledChaincodesResult
        return await self._ask(requestor, peers, "", LC_QUERY_INSTALLED, query, kind, decode)

    async def query_approved_chaincodes(
        self,
        requestor: User,
        peers: Sequence[Peer | str],
        channel: str,
        cc_name: str,
        sequence: int = 1,
        decode: bool = True,
    ) -> list[Any]:
        """What the peers' organisation approved; for its administrators. Raises as the first query."""
        query = m.lifecycle.QueryApprovedChaincodeDefinitionArgs(name=cc_name, sequence=sequence)
        kind = m.lifecycle.QueryApprovedChaincodeDefinitionResult
        return await self._ask(requestor, peers, channel, LC_QUERY_APPROVED, query, kind, decode)

    async def query_committed_chaincodes(
        self,
        requestor: User,
        peers: Sequence[Peer | str],
        channel: str,
        cc_name: str | None = None,
        decode: bool = True,
    ) -> list[Any]:
        """The chaincodes on a channel, or one of them. Raises as the first query."""
        if cc_name:
            one = m.lifecycle.QueryChaincodeDefinitionArgs(name=cc_name)
            kind = m.lifecycle.QueryChaincodeDefinitionResult
            return await self._ask(requestor, peers, channel, LC_QUERY_CC_DEFINITION, one, kind, decode)
        every = m.lifecycle.QueryChaincodeDefinitionsArgs()
        kind = m.lifecycle.QueryChaincodeDefinitionsResult
        return await self._ask(requestor, peers, channel, LC_QUERY_CC_DEFINITIONS, every, kind, decode)

    def package(self, *arguments: object, **named: object) -> NoReturn:
        """Package the chaincode; raises `Impossible`."""
        refuse("Lifecycle.package", "package")

    async def install(self, *arguments: object, **named: object) -> NoReturn:
        """Install the package; raises `Impossible`."""
        refuse("Lifecycle.install", "install")

    async def approve_for_my_org(self, *arguments: object, **named: object) -> NoReturn:
        """Approve a definition; raises `Impossible`."""
        refuse("Lifecycle.approve_for_my_org", "approve")

    async def commit_definition(self, *arguments: object, **named: object) -> NoReturn:
        """Commit a definition; raises `Impossible`."""
        refuse("Lifecycle.commit_definition", "commit")

    async def _ask(
        self,
        requestor: User,
        peers: Sequence[Peer | str],
        channel: str,
        function: str,
        query: Any,
        kind: Any,
        decode: bool,
    ) -> list[Any]:
        request = TXProposalRequest(cc_name=LIFECYCLE_CC, fcn=function, args=[query.SerializeToString()])
        context = TXContext(known(requestor), requestor.cryptoSuite, request)
        sent, _, _ = send_proposal(channel, context, self._client.targets(peers))
        found = []
        for answer in await asyncio.gather(*sent):
            if answer.response.status != SUCCESS_STATUS:
                raise RuntimeError(answer.response.message)
            payload = answer.response.payload
            found.append(MessageToDict(kind.FromString(payload)) if decode else payload)
        return found
