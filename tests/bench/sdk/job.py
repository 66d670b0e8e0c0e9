"""What a client program is told, and what it answers: one line of JSON each, the same for every language."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

OUTCOMES = ("valid", "invalid", "failed", "unknown")


@dataclass(frozen=True, slots=True)
class Job:
    """What a client has to do: submit one transaction for each key, and wait for its commit status.

    Attributes:
        endpoints: the gateway peers, `host:port`, in order of preference; an SDK without failover takes the
            first.
        tls_roots: for each of them the certificate that its TLS certificate chains to, PEM.
        mspid: MSP id of the client's organisation.
        certificate: the client's certificate, PEM.
        private_key: its key, PEM.
        channel: the channel.
        chaincode: the chaincode.
        function: the function to call, with a key and the value as its arguments.
        value: what to store.
        warm_up: keys to submit first, which are not measured.
        keys: keys to submit.
        in_flight: the number of transactions that are under way at any time.
    """

    endpoints: list[str]
    tls_roots: list[str]
    mspid: str
    certificate: str
    private_key: str
    channel: str
    chaincode: str
    function: str
    value: str
    warm_up: list[str]
    keys: list[str]
    in_flight: int

    def as_line(self) -> str:
        """The job as a client reads it."""
        return json.dumps(asdict(self)) + "\n"


@dataclass(slots=True)
class Transaction:
    """What became of one request, in the words of the client.

    Attributes:
        key: the key that was to be stored.
        transaction_id: the transaction's id; "" if it is not known.
        milliseconds: from the proposal to the commit status, or to the error.
        outcome: `valid`; `invalid`, in a block without effect; `failed`, certainly not ordered; or `unknown`.
        reason: the validation code, or what the error says; "" for a valid one.
    """

    key: str
    transaction_id: str = ""
    milliseconds: float = 0.0
    outcome: str = "unknown"
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a client says of its job.

    Attributes:
        sdk: name and version of the SDK.
        runtime: name and version of the language's runtime.
        seconds: wall time of the measured transactions.
        cpu_seconds: CPU time of the client over the same span, user and system.
        warm_up: what became of the keys that are not measured.
        transactions: what became of those that are.
    """

    sdk: str
    runtime: str
    seconds: float
    cpu_seconds: float
    warm_up: list[Transaction]
    transactions: list[Transaction]

    @classmethod
    def from_line(cls, line: str) -> Answer:
        """Read what a client wrote.

        Raises:
            ValueError: it is no answer.
        """
        try:
            content = json.loads(line)
            for name in ("warm_up", "transactions"):
                content[name] = [Transaction(**one) for one in content[name]]
            answer = cls(**content)
        except (KeyError, TypeError) as error:
            raise ValueError(f"not an answer of a client: {error}") from error
        strange = {one.outcome for one in answer.transactions} - set(OUTCOMES)
        if strange:
            raise ValueError(f"outcomes must be of {', '.join(OUTCOMES)}, not {', '.join(strange)}")
        return answer

    def as_line(self) -> str:
        """The answer as a client writes it."""
        return json.dumps(asdict(self)) + "\n"
