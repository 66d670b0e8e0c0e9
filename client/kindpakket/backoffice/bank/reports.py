"""Reading pain.002, the bank's report on a payment file. Accepted is not paid: a statement shows that."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

from kindpakket.backoffice.bank.documents import Document, child, children, line_of, text
from kindpakket.backoffice.bank.statements import settlement_id
from kindpakket.extras import extra

with extra("backoffice"):
    from lxml import etree

Standing = Literal["accepted", "pending", "rejected", "verified", "unknown"]
Verification = Literal["match", "close-match", "no-match", "not-possible"]

# ISO's external code sets ExternalPaymentTransactionStatus and ExternalPaymentGroupStatus.
_STANDINGS: Mapping[str, Standing] = {
    **dict.fromkeys(("RJCT", "CANC"), "rejected"),
    **dict.fromkeys(
        ("ACCC", "ACCP", "ACFC", "ACPD", "ACSC", "ACSP", "ACTC", "ACWC", "ACWP", "ACCR"), "accepted"
    ),
    **dict.fromkeys(("ACFW", "PART", "PATC", "PDNG", "PRES", "RCVD"), "pending"),
    **dict.fromkeys(("RCVC", "RVCM", "RVMC", "RVNA", "RVNC", "RVNM"), "verified"),
}
_VERIFICATIONS: Mapping[str, Verification] = {
    "RCVC": "match",
    "RVMC": "close-match",
    "RVNM": "no-match",
    "RVNA": "not-possible",
    "RVNC": "not-possible",
}
_CODE = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,30}")
_LONG_AGO = datetime(1, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a report says of one payment, of a group of a file, or of a file.

    Attributes:
        message_id: MsgId of the payment file.
        payment_id: PmtInfId of the group; "" when it is about the whole file.
        settlement: the EndToEndId; "" when it is about a group or the whole file.
        status: the bank's code, such as `ACSP`.
        reason: the bank's code of why, such as `AC04`; "" without one.
        source: the report's file.
        row: the line of the file.
        created_at: when the bank made the report, in UTC; None if it does not say.
        said: what the bank adds in words, such as the holder's name that it knows; never printed with it.
    """

    message_id: str
    payment_id: str
    settlement: str
    status: str
    reason: str
    source: str
    row: int
    created_at: datetime | None = None
    said: str = field(default="", repr=False)

    @property
    def standing(self) -> Standing:
        """What the status means."""
        return _STANDINGS.get(self.status, "unknown")

    @property
    def verification(self) -> Verification | None:
        """What the Verification of Payee (VoP) found; None when the answer is not about that."""
        return _VERIFICATIONS.get(self.status)

    @property
    def place(self) -> str:
        """Where it is, for people."""
        return f"{self.source}: line {self.row}"

    @property
    def order(self) -> tuple[object, ...]:
        """By which later answers count, whatever the order of the files."""
        precision = bool(self.payment_id) + bool(self.settlement)
        made = self.created_at or _LONG_AGO
        return made, precision, self.standing == "rejected", self.status, self.reason, self.source, self.row


def read_answers(document: Document) -> list[Answer]:
    """What a pain.002 file says, of the whole file, its groups and its payments.

    Raises:
        BankFileError: something cannot be read.
    """
    created_at = document.instant(document.root, "GrpHdr/CreDtTm")
    whole = child(document.root, "OrgnlGrpInfAndSts")
    if whole is None:
        document.wrong(
            document.root, "OrgnlGrpInfAndSts is missing: the report does not say which file it is about"
        )
        document.finish()
        return []
    message_id = text(whole, "OrgnlMsgId")
    if not message_id:
        document.wrong(whole, "OrgnlMsgId is missing: the report does not say which file it is about")

    def answer(element: etree._Element, status: str, payment_id: str = "", settlement: str = "") -> Answer:
        reason = text(element, "StsRsnInf/Rsn/Cd") or text(element, "StsRsnInf/Rsn/Prtry")
        return Answer(
            message_id=message_id,
            payment_id=payment_id,
            settlement=settlement,
            status=status if _CODE.fullmatch(status) else "UNKNOWN",
            reason=reason if _CODE.fullmatch(reason) else "",
            source=document.source,
            row=line_of(element),
            created_at=created_at,
            said=" ".join(
                " ".join((added.text or "").split()) for added in children(element, "StsRsnInf/AddtlInf")
            ),
        )

    answers = [answer(whole, status)] if (status := text(whole, "GrpSts")) else []
    for group in children(document.root, "OrgnlPmtInfAndSts"):
        payment_id = text(group, "OrgnlPmtInfId")
        if status := text(group, "PmtInfSts"):
            answers.append(answer(group, status, payment_id))
        for payment in children(group, "TxInfAndSts"):
            settlement = settlement_id(text(payment, "OrgnlEndToEndId"))
            status = text(payment, "TxSts")
            if not settlement:
                document.wrong(payment, "the payment has no OrgnlEndToEndId, so it is of no settlement")
            elif status:
                answers.append(answer(payment, status, payment_id, settlement))
    document.finish()
    return answers


def latest(answers: Iterable[Answer]) -> Mapping[str, Answer]:
    """The answer that counts for each settlement that is named, without those about the payee's name."""
    named = (answer for answer in answers if answer.settlement and answer.standing != "verified")
    return {answer.settlement: answer for answer in sorted(named, key=lambda answer: answer.order)}


def verifications(answers: Iterable[Answer], shops: Mapping[str, str]) -> Mapping[str, Verification]:
    """The last result of the Verification of Payee for each shop.

    Args:
        answers: of any reports.
        shops: settlement -> shop, from the ledger; settlements of others are left out.
    """
    checked = (answer for answer in answers if answer.settlement in shops and answer.verification)
    return {
        shops[answer.settlement]: answer.verification
        for answer in sorted(checked, key=lambda answer: answer.order)
        if answer.verification
    }
