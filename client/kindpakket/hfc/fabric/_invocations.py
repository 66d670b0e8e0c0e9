"""Calls of a chaincode: `chaincode_invoke` and `chaincode_query`."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from typing import Any

from kindpakket.fabric import EndorseError, EvaluateError, aio
from kindpakket.fabric import _messages as m
from kindpakket.hfc.errors import InvalidTransaction, QueryRefused, answer, response_in
from kindpakket.hfc.fabric._decoded_transaction import chaincode_event
from kindpakket.hfc.fabric._profiled import Profiled
from kindpakket.hfc.fabric.peer import Peer
from kindpakket.hfc.fabric.user import User

CC_TYPE_GOLANG = "GOLANG"

_GRACE = 5.0  # seconds that a peer is given beyond the caller's own deadline, which is the one that counts


class Invocations(Profiled):
    """The part of a client that calls chaincodes."""

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
    ) -> str:
        """Call a function of a chaincode and have the transaction ordered.

        The gateway is that of the first peer in the list that belongs to the requestor's organisation, or
        else the first peer; it collects endorsements from the organisations of all peers in the list.

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
            wait_for_event: wait until each peer in the list has the transaction in a block.
            wait_for_event_timeout: seconds to wait for that.
            grpc_broker_unavailable_retry: not used; unreachable peers are tried again anyway.
            grpc_broker_unavailable_retry_delay: not used.
            raise_broker_unavailable: not used.

        Returns:
            The chaincode's result as text; or, as in hfc, the chaincode's own words if it refused.

        Raises:
            EndorseError: the endorsements could not be had for another reason. Nothing was ordered.
            SubmitError: ordering certainly refused the transaction.
            UnknownOutcome: it is not known whether it was ordered.
            InvalidTransaction: it is in a block, and invalid.
            TimeoutError: it was not in a block of each peer in time, or has no event of that name.
        """
        targets = self.targets(peers)
        organizations = [self.mspid_of(peer) for peer in targets]
        contract = self._network(self._own(targets, requestor), requestor, channel_name).contract(cc_name)
        proposal = contract.proposal(
            fcn,
            *_arguments(args),
            transient=transient_map,
            endorsing_organizations=_known(organizations),
        )
        try:
            transaction = await proposal.endorse()
        except EndorseError as error:
            if error.chaincode_message is None:
                raise
            return error.chaincode_message
        await transaction.submit()
        if wait_for_event:
            networks = [self._network(peer, requestor, channel_name) for peer in targets]
            codes = await _committed(networks, transaction.transaction_id, wait_for_event_timeout)
            if cc_pattern is not None:
                _check_event(transaction.bytes, cc_pattern)
            if any(code != "VALID" for code in codes):
                raise InvalidTransaction(codes)
        return transaction.result.decode()

    async def chaincode_query(
        self,
        requestor: User,
        channel_name: str,
        peers: Sequence[Peer | str],
        args: Sequence[str | bytes],
        cc_name: str,
        cc_type: str = CC_TYPE_GOLANG,
        fcn: str = "query",
        transient_map: Mapping[str, bytes] | None = None,
    ) -> str:
        """Call a function of a chaincode at each peer in the list; nothing is written.

        Arguments as of `chaincode_invoke`.

        Returns:
            The first peer's result as text.

        Raises:
            QueryRefused: a peer, or the chaincode there, refused.
            EvaluateError: a peer gave no answer.
        """
        targets = self.targets(peers)
        asked = [
            self.ask(peer, requestor, channel_name, cc_name, fcn, *_arguments(args), transient=transient_map)
            for peer in targets
        ]
        answers = await asyncio.gather(*asked, return_exceptions=True)
        responses = [_response(one) for one in answers]
        if not all(response.response.status == 200 for response in responses):
            raise QueryRefused(responses)
        return str(responses[0].response.payload.decode())

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
        contract = self._network(peer, requestor, channel).contract(chaincode)
        return await contract.evaluate(
            function,
            *arguments,
            transient=transient,
            endorsing_organizations=_known([self.mspid_of(peer)]),
        )

    def _network(self, peer: Peer, requestor: User, channel: str) -> aio.Network:
        return peer.gateway(requestor).network(self.new_channel(channel).name)

    def _own(self, targets: Sequence[Peer], requestor: User) -> Peer:
        """The peer whose gateway is to be used."""
        own = (peer for peer in targets if self.mspid_of(peer) == requestor.msp_id)
        return next(own, targets[0])


async def _committed(networks: Sequence[aio.Network], transaction_id: str, seconds: float) -> list[str]:
    """Wait until each peer has the transaction in a block; the validation codes."""
    try:
        async with asyncio.timeout(seconds):
            statuses = await asyncio.gather(
                *(network.commit(transaction_id).status(timeout=seconds + _GRACE) for network in networks)
            )
    except TimeoutError:
        raise TimeoutError(
            f"waitForEvent timed out: transaction {transaction_id} was not in a block of each peer within "
            f"{seconds} s; it may be valid all the same"
        ) from None
    return [status.code for status in statuses]


def _check_event(payload: bytes, pattern: str) -> None:
    data = m.common.Payload.FromString(payload).data
    action = m.transaction.ChaincodeActionPayload.FromString(
        m.transaction.Transaction.FromString(data).actions[0].payload
    )
    response = m.proposal_response.ProposalResponsePayload.FromString(action.action.proposal_response_payload)
    events = m.proposal.ChaincodeAction.FromString(response.extension).events
    name = chaincode_event(events)["event_name"]
    if not name or not re.match(pattern, name):
        raise TimeoutError(
            f"waitForEvent timed out: the transaction is in a block, and its event is {name or 'none'!r}, "
            f"which {pattern!r} does not match"
        )


def _response(found: bytes | BaseException) -> Any:
    """What a peer answered, as a `ProposalResponse`; raises what is no answer of a peer."""
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
    known = [one for one in organizations if one]
    return list(dict.fromkeys(known)) if len(known) == len(organizations) else []
