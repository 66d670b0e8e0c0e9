"""Calls of a chaincode: `chaincode_invoke` and `chaincode_query`."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from typing import Any

from fabric_gateway import EndorseError, EvaluateError, SubmitError, aio
from fabric_gateway.hfc._rpc import rpc_errors
from fabric_gateway.hfc.errors import (
    ChaincodeExecutionError,
    Impossible,
    InvalidTransaction,
    QueryRefused,
    answer,
    response_in,
)
from fabric_gateway.hfc.fabric._profiled import Profiled
from fabric_gateway.hfc.fabric._waiting import check_event, committed
from fabric_gateway.hfc.fabric.peer import Peer, known
from fabric_gateway.hfc.fabric.user import User
from fabric_gateway.hfc.util.consts import CC_TYPE_GOLANG

_log = logging.getLogger(__name__)


class Invocations(Profiled):
    """The part of a client that calls chaincodes."""

    @rpc_errors
    async def chaincode_invoke(
        self,
        requestor: User,
        channel_name: str,
        peers: Sequence[Peer | str],
        args: Sequence[str | bytes] | None,
        cc_name: str,
        cc_type: str = CC_TYPE_GOLANG,
        fcn: str = "invoke",
        cc_pattern: str | None = None,
        transient_map: Mapping[str, bytes] | None = None,
        wait_for_event: bool = False,
        wait_for_event_timeout: float = 30,
        grpc_broker_unavailable_retry: int = 0,
        grpc_broker_unavailable_retry_delay: int = 3000,
        raise_broker_unavailable: bool = True,
        raise_on_error: bool = False,
        is_init: bool = False,
        cc_version: object = None,
    ) -> str:
        """Call a function of a chaincode and have the transaction ordered.

        The gateway is that of the first peer in the list that belongs to the requestor's organisation and
        can be reached, or else that of the first peer. It collects endorsements from the organisations of all
        peers in the list.

        Args:
            requestor: who asks.
            channel_name: name of the channel.
            peers: peers, or names of peers, whose organisations are to endorse.
            args: arguments of the function.
            cc_name: name of the chaincode.
            cc_type: not used.
            fcn: name of the function.
            cc_pattern: with `wait_for_event`, a regular expression that the name of the transaction's event
                must begin with.
            transient_map: private input.
            wait_for_event: wait until each peer in the list that can be reached has the transaction in a
                block.
            wait_for_event_timeout: seconds to wait for that.
            grpc_broker_unavailable_retry: not used; unreachable peers are tried again anyway.
            grpc_broker_unavailable_retry_delay: not used.
            raise_broker_unavailable: not used.
            raise_on_error: raise `ChaincodeExecutionError` when the chaincode or ordering refuses.
            is_init: must be False: initialise a chaincode with `peer chaincode invoke --isInit`.
            cc_version: not used; programs for hfc 0.8 and older give it.

        Returns:
            The chaincode's result as text; or, as in hfc, the chaincode's own words if it refused.

        Raises:
            ChaincodeExecutionError: the chaincode refused, and `raise_on_error` is given.
            NoPeer: a name is not in the profile, or there is no peer at all.
            NoRequestor: there is no user.
            EndorseError: the endorsements could not be had for another reason. Nothing was ordered.
            SubmitError: ordering certainly refused the transaction.
            UnknownOutcome: it is not known whether it was ordered.
            InvalidTransaction: it is in a block, and invalid.
            TimeoutError: it was not in a block of each peer in time, or has no event of that name.
        """
        known(requestor)
        if is_init:
            raise Impossible(
                "is_init marks the first call of a chaincode, which the Gateway cannot: run "
                "`peer chaincode invoke --isInit`, or deploy the chaincode without --init-required"
            )
        targets = self.targets(peers)
        channel = self.new_channel(channel_name).name
        options: Any = {
            "transient": transient_map,
            "endorsing_organizations": _known([self.mspid_of(peer) for peer in targets]),
        }
        call = (fcn, *_arguments(args))
        try:
            transaction = await _endorsed(self._own(targets, requestor), channel, cc_name, call, options)
        except EndorseError as error:
            if error.chaincode_message is None:
                raise
            if raise_on_error:
                raise ChaincodeExecutionError(error.chaincode_message) from error
            return error.chaincode_message
        try:
            await transaction.submit()
        except SubmitError as error:
            if raise_on_error:
                raise ChaincodeExecutionError(str(error)) from error
            raise
        if wait_for_event:
            gateways = [peer.gateway(requestor) for peer in targets]
            codes = await committed(gateways, channel, transaction.transaction_id, wait_for_event_timeout)
            if cc_pattern is not None:
                check_event(transaction.bytes, cc_pattern)
            if any(code != "VALID" for code in codes):
                raise InvalidTransaction(codes)
        return transaction.result.decode()

    async def chaincode_query(
        self,
        requestor: User,
        channel_name: str,
        peers: Sequence[Peer | str],
        args: Sequence[str | bytes] | None,
        cc_name: str,
        cc_type: str = CC_TYPE_GOLANG,
        fcn: str = "query",
        transient_map: Mapping[str, bytes] | None = None,
        cc_version: object = None,
    ) -> str:
        """Call a function of a chaincode at each peer in the list; nothing is written.

        Arguments as of `chaincode_invoke`.

        Returns:
            The first peer's result as text.

        Raises:
            QueryRefused: a peer, or the chaincode there, refused.
            EvaluateError: a peer gave no answer, or does not accept the user.
            NoPeer: a name is not in the profile, or there is no peer at all.
            NoRequestor: there is no user.
        """
        known(requestor)
        targets = self.targets(peers)
        asked = [
            self.ask(peer, requestor, channel_name, cc_name, fcn, *_arguments(args), transient=transient_map)
            for peer in targets
        ]
        answers = await asyncio.gather(*asked, return_exceptions=True)
        responses = [_response(answer_or_error) for answer_or_error in answers]
        if not all(response.response.status == 200 for response in responses):
            raise QueryRefused(responses)
        return str(responses[0].response.payload.decode())

    @rpc_errors
    async def ask(
        self,
        peer: Peer,
        requestor: User,
        channel: str,
        chaincode: str,
        function: str,
        *arguments: str | bytes,
        transient: Mapping[str, bytes] | None = None,
    ) -> bytes:
        """Evaluate a function at a peer, or at another one of its organisation; its result.

        Raises:
            EvaluateError: a peer or the chaincode refused, or gave no answer.
        """
        network = peer.gateway(requestor).network(self.new_channel(channel).name)
        return await network.contract(chaincode).evaluate(
            function,
            *arguments,
            transient=transient,
            endorsing_organizations=_known([self.mspid_of(peer)]),
        )

    def _own(self, targets: Sequence[Peer], requestor: User) -> list[aio.Gateway]:
        """The gateways that a call may use, in order; those that were found failing come last."""
        own = [peer for peer in targets if self.mspid_of(peer) == requestor.msp_id] or targets[:1]
        gateways = [peer.gateway(requestor) for peer in own]
        return sorted(gateways, key=lambda gateway: not gateway.peers()[0].healthy)


async def _endorsed(
    gateways: Sequence[aio.Gateway], channel: str, chaincode: str, call: Sequence[str | bytes], options: Any
) -> aio.Transaction:
    """Have a call endorsed by way of the first gateway that can be reached."""
    for gateway in gateways[:-1]:
        proposal = gateway.network(channel).contract(chaincode).proposal(str(call[0]), *call[1:], **options)
        try:
            return await proposal.endorse()
        except EndorseError as error:
            if gateway.peers()[0].healthy:
                raise
            _log.warning("the gateway cannot be reached, trying another: %s", error)
    contract = gateways[-1].network(channel).contract(chaincode)
    return await contract.proposal(str(call[0]), *call[1:], **options).endorse()


def _response(found: bytes | BaseException) -> Any:
    """What a peer answered, as a `ProposalResponse`; raises anything that is not a peer's answer."""
    if isinstance(found, bytes):
        return answer(200, payload=found)
    response = response_in(found) if isinstance(found, EvaluateError) else None
    if response is None:
        raise found
    return response


def _arguments(args: Sequence[str | bytes] | None) -> Sequence[str | bytes]:
    given = () if args is None else args
    for argument in given:
        if not isinstance(argument, str | bytes):
            raise TypeError(f"argument {argument!r} of the chaincode is neither text nor bytes: convert it")
    return given


def _known(organizations: Sequence[str | None]) -> list[str]:
    """MSP ids, each once; none at all if one is not known, so that the gateway chooses from the policy."""
    known = [mspid for mspid in organizations if mspid]
    return list(dict.fromkeys(known)) if len(known) == len(organizations) else []
