"""Powers that nobody has alone: roles, approval by a second person, what belongs to other organisations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ground import Ground
from support import agreed
from table import Attempt, by_name, case

from kindpakket.ledger.ids import new_id, new_salt
from kindpakket.ledger.records import CaseRecord, ShopAccount
from kindpakket.municipality import Municipality
from kindpakket_demo.desk import AUDITOR, MUNICIPALITY, SHOPS, now
from kindpakket_demo.schemes import PRESET

ISSUER, APPROVER = {"role": "issuer", "person": "p-one"}, {"role": "approver", "person": "p-one"}


UNAPPROVED = {"allocation": "0" * 32, "part": 0, "path": []}


def issuance(**changes: Any) -> Any:
    return {"id": new_id(), "entitlement": new_id(), "preset": PRESET, "units": 1, **changes}


def recorded(ground: Ground, *vouchers: str) -> None:
    """Record a case for each of some vouchers that are yet to be issued."""
    cases: list[CaseRecord] = [
        {"voucher": voucher, "case": "Z-2026-1", "salt": new_salt()} for voucher in vouchers
    ]
    ground.desk.clerk.vouchers.record_cases(ground.scheme, cases)
    ground.desk.in_step()


@case(10, "issuer", "asks for vouchers above the budget in one request", "BUDGET_EXCEEDED")
def above_the_budget(ground: Ground) -> Attempt:
    budget = ground.desk.clerk.schemes.show(ground.scheme)["budget"]
    cents = ground.town.scheme.rules["presets"][PRESET]
    units = budget["unallocated_cents"] // cents + 1
    voucher = new_id()
    recorded(ground, voucher)
    return lambda: ground.issuing(issuance(id=voucher, units=units))


@case(10, "issuer", "issues units whose cents pass 2^63", "INVALID_NUMBER")
def overflow(ground: Ground) -> Attempt:
    voucher = new_id()
    recorded(ground, voucher)
    return ground.issuing(issuance(id=voucher, units=2**62), cents=1)


@case(
    11,
    "issuer",
    "issues an entitlement twice, {}",
    "ALREADY_ISSUED",
    each={"in one request": True, "later": False},
)
def entitlement_again(ground: Ground, at_once: bool) -> Attempt:
    first, second = issuance(), issuance()
    second["entitlement"] = first["entitlement"]
    recorded(ground, first["id"], second["id"])
    if at_once:
        return ground.issuing(first, second)
    ground.issuing(first)()
    ground.desk.in_step()
    return ground.issuing(second)


@case(11, "issuer", "issues a voucher twice", "VOUCHER_EXISTS")
def voucher_again(ground: Ground) -> Attempt:
    first = issuance()
    recorded(ground, first["id"])
    ground.issuing(first)()
    ground.desk.in_step()
    return ground.issuing(issuance(id=first["id"]))


CERTIFICATES = {"with a second certificate": "again", "with a renewed certificate": "renewed"}


def same_person(ground: Ground, how: str) -> Municipality:
    """The clerk's person as an approver, under another name or with a reissued certificate."""
    approver = ground.props.official("clerk-approves", role="approver", person="p-clerk")
    return approver if how == "again" else ground.props.renewed("clerk-approves")


@case(11, "clerk", "approves what the same person drafted, {}", "SECOND_PERSON_REQUIRED", each=CERTIFICATES)
def approves_own_draft(ground: Ground, how: str) -> Attempt:
    alone = same_person(ground, how)
    draft = ground.desk.clerk.schemes.draft(ground.props.rules(), 1_000)["id"]
    ground.desk.in_step()
    return lambda: alone.schemes.approve(draft)


@case(11, "clerk", "unblocks what the same person blocked, {}", "SECOND_PERSON_REQUIRED", each=CERTIFICATES)
def unblocks_own_block(ground: Ground, how: str) -> Attempt:
    alone, wallet = same_person(ground, how), ground.wallet()
    ground.desk.clerk.vouchers.block(ground.scheme, wallet.voucher, "device-lost")
    ground.desk.in_step()
    return lambda: alone.vouchers.unblock(ground.scheme, wallet.voucher, "found-again")


@case(11, "clerk", "approves the settlement that the same person drafted", "SECOND_PERSON_REQUIRED")
def approves_own_settlement(ground: Ground) -> Attempt:
    alone = same_person(ground, "again")
    scheme, settlement = ground.settlement()
    return lambda: alone.settlements.approve(scheme, settlement)


@case(11, "approver", "revokes vouchers that nobody else blocked", "SECOND_PERSON_REQUIRED")
def revokes_alone(ground: Ground) -> Attempt:
    vouchers = [ground.wallet().voucher, ground.wallet().voucher]
    return lambda: ground.desk.manager.vouchers.revoke(ground.scheme, vouchers, "moved-away")


DECISIONS: dict[str, Callable[[Ground, str], Any]] = {
    "a revocation": lambda ground, voucher: ground.desk.manager.vouchers.propose_revocation(
        ground.scheme, [voucher], "moved-away"
    ),
    "the end of a shop": lambda ground, _: ground.desk.manager.shops.propose_end(
        ground.till.shop.shop_id, "bankrupt", 0
    ),
}


@case(11, "approver", "approves {} that the same person proposed", "SECOND_PERSON_REQUIRED", each=DECISIONS)
def decides_alone(ground: Ground, propose: Any) -> Attempt:
    proposed = propose(ground, ground.wallet().voucher)
    ground.desk.in_step()
    return lambda: ground.desk.manager.decisions.approve(proposed["id"])


@case(11, "approver", "approves a decision twice", "CHANGE_STATE")
def decides_twice(ground: Ground) -> Attempt:
    proposed = ground.desk.clerk.vouchers.propose_revocation(ground.scheme, [ground.wallet().voucher], "x")
    agreed(ground.desk, proposed)
    return lambda: ground.desk.manager.decisions.approve(proposed["id"])


@case(11, "issuer", "frees the entitlement of a voucher that is in use", "VOUCHER_STATE")
def frees_what_is_in_use(ground: Ground) -> Attempt:
    voucher = ground.wallet().voucher
    entitlement = ground.desk.clerk.vouchers.show(ground.scheme, voucher)["entitlement"]
    return lambda: ground.desk.clerk.vouchers.propose_freeing(ground.scheme, [entitlement], "mistake")


@case(11, "approver", "exports the settlement that the same person approved", "SECOND_PERSON_REQUIRED")
def exports_what_it_approved(ground: Ground) -> Attempt:
    _, scheme, settlement = ground.props.approved("exported")
    alone = ground.props.official("manager-exports", role="treasurer", person="p-manager")
    return lambda: alone.settlements.export(scheme, [settlement], "ab" * 32)


@case(11, "approver", "reinstates the shop that the same person suspended", "SECOND_PERSON_REQUIRED")
def reinstates_alone(ground: Ground) -> Attempt:
    shop = ground.props.suspended.shop.shop_id
    return lambda: ground.desk.manager.shops.reinstate(shop, "solved")


FROZEN: dict[str, Callable[[Ground, str], Any]] = {
    "is suspended": lambda ground, shop: ground.desk.manager.shops.suspend(shop, "fraud"),
    "has its payout frozen": lambda ground, shop: ground.desk.manager.shops.freeze_payout(shop, "inquiry"),
}


@case(9, "treasurer", "exports a settlement of a shop that {}", "PAYOUT_FROZEN", each=FROZEN)
def exports_what_is_frozen(ground: Ground, freeze: Any) -> Attempt:
    till, scheme, settlement = ground.props.approved("frozen")
    freeze(ground, till.shop.shop_id)
    ground.desk.in_step()
    return lambda: ground.desk.treasurer.settlements.export(scheme, [settlement], "ab" * 32)


@case(9, "approver", "releases the payout that the same person froze", "SECOND_PERSON_REQUIRED")
def releases_alone(ground: Ground) -> Attempt:
    shop = ground.props.shop("released", "books").shop.shop_id
    ground.desk.manager.shops.freeze_payout(shop, "inquiry")
    ground.desk.in_step()
    return lambda: ground.desk.manager.shops.release_payout(shop, "solved")


@case(11, "approver", "approves rules that start from earlier ones", "CHANGE_STALE")
def approves_stale_rules(ground: Ground) -> Attempt:
    scheme, clerk = ground.props.opened_scheme(1_000), ground.desk.clerk.schemes
    older, newer = (clerk.propose_rules(scheme, ground.props.rules(), "all", "council") for _ in range(2))
    ground.desk.in_step()
    ground.desk.manager.schemes.approve_change(scheme, newer["id"])
    ground.desk.in_step()
    return lambda: ground.desk.manager.schemes.approve_change(scheme, older["id"])


@case(23, "clerk", "reads the account of a shop", "ROLE_REQUIRED")
def reads_account(ground: Ground) -> Attempt:
    return lambda: ground.desk.clerk.shops.account(ground.till.shop.shop_id)


@case(19, "treasurer", "nets a debt that is none", "NOTHING_TO_CLAIM")
def nets_nothing(ground: Ground) -> Attempt:
    scheme, _ = ground.settlement()
    shop = ground.till.shop.shop_id
    return lambda: ground.desk.treasurer.settlements.net(scheme, ground.scheme, shop, "old-debt")


@case(19, "shop", "reads {} of another shop", "NOT_YOURS", each={"the day": "day", "the items": "items"})
def reads_what_is_another_shops(ground: Ground, what: str) -> Attempt:
    scheme, settlement = ground.settlement()
    stranger = ground.props.suspended.shop.caller
    if what == "items":
        return lambda: stranger.query("settlement:Items", {"scheme": scheme, "settlement": settlement})
    members = {"scheme": scheme, "shop": ground.till.shop.shop_id, "day": now().date().isoformat()}
    return lambda: stranger.query("payment:OfDay", members)


@case(19, "treasurer", "books a name as the bank's reference", "INVALID_CODE")
def books_a_name(ground: Ground) -> Attempt:
    scheme, settlement = ground.settlement()
    desk = ground.desk.treasurer.settlements
    return lambda: desk.book(scheme, settlement, "paid", "bank", bank_reference="Jan-de-Vries")


@case(19, "municipality", "names the account of a shop that has not ended", "SHOP_STATE")
def names_the_account_of_a_living_shop(ground: Ground) -> Attempt:
    account: ShopAccount = {
        "iban": "NL91ABNA0417164300",
        "holder": "Somebody",
        "kvk": "12345678",
        "contact": "administratie",
        "salt": new_salt(),
    }
    shop = ground.till.shop.shop_id
    return lambda: ground.desk.clerk.shops.change_account(shop, "account-closed", account)


@case(19, "municipality", "erases the account of a shop that is owed money", "MONEY_OPEN")
def erases_the_account_of_a_creditor(ground: Ground) -> Attempt:
    scheme, (wallet,) = ground.props.scheme(1)
    till = ground.props.shop("creditor", "books")
    order = till.shop.order(scheme.id, wallet.voucher, [{"category": "books", "cents": 1_000}])
    till.shop.pay(order, wallet.authorise(order))
    ground.desk.in_step()
    shop = till.shop.shop_id
    agreed(ground.desk, ground.desk.clerk.shops.propose_end(shop, "bankrupt", 0))
    ground.desk.in_step()
    return lambda: ground.desk.clerk.erasures.order("shopAccounts", [shop], "request")


STEPS: dict[str, Callable[[str, str], tuple[str, dict[str, Any]]]] = {
    "marks its settlement approved": lambda scheme, settlement: (
        "settlement:Approve",
        {"scheme": scheme, "settlement": settlement},
    ),
    "marks its settlement exported": lambda scheme, settlement: (
        "settlement:Export",
        {"scheme": scheme, "settlements": [settlement], "file_sha256": "ab" * 32},
    ),
    "marks its settlement paid": lambda scheme, settlement: (
        "settlement:Book",
        {"scheme": scheme, "settlement": settlement, "outcome": "paid", "reason": "booked"},
    ),
    "marks its settlement returned": lambda scheme, settlement: (
        "settlement:Book",
        {"scheme": scheme, "settlement": settlement, "outcome": "returned", "reason": "closed-account"},
    ),
    "withdraws its settlement": lambda scheme, settlement: (
        "settlement:Withdraw",
        {"scheme": scheme, "settlement": settlement, "reason": "mistake"},
    ),
}


@case(19, "shop", "{}", "ROLE_REQUIRED", each=STEPS)
def settles_itself(ground: Ground, step: Any) -> Attempt:
    name, members = step(*ground.settlement())
    return lambda: ground.write(ground.till.shop.caller.contract, name, **members)


def powers(ground: Ground) -> dict[str, tuple[str, dict[str, Any]]]:
    """What only some roles of the municipality may do."""
    scheme = {"scheme": ground.scheme}
    voucher = ground.wallet().voucher
    grants = [{"code": "books", "from": "2026-01-01"}]
    return {
        "draft": ("scheme:Draft", {"rules": ground.props.rules(), "budget_cents": 1_000}),
        "approve": ("scheme:Approve", scheme),
        "open": ("scheme:Open", scheme),
        "pause": ("scheme:Pause", {**scheme, "reason": "mistake"}),
        "close a day of": ("scheme:CloseDay", {**scheme, "day": "2026-01-01"}),
        "admit a shop to": (
            "shop:Approve",
            {"shop": new_id(), "categories": grants},
        ),
        "suspend a shop of": ("shop:Suspend", {"shop": ground.till.shop.shop_id, "reason": "mistake"}),
        "issue in": ("voucher:Issue", {**scheme, "vouchers": [issuance()], **UNAPPROVED}),
        "approve vouchers of": ("allocation:Approve", {**scheme, "allocation": new_id()}),
        "block a voucher of": ("voucher:Block", {**scheme, "voucher": voucher, "reason": "mistake"}),
        "unblock a voucher of": ("voucher:Unblock", {**scheme, "voucher": voucher, "reason": "mistake"}),
        "revoke a voucher of": ("voucher:Revoke", {**scheme, "vouchers": [voucher], "reason": "mistake"}),
        "ask to revoke a voucher of": (
            "voucher:ProposeRevocation",
            {**scheme, "vouchers": [voucher], "reason": "mistake"},
        ),
        "decide about": ("decision:Approve", {"decision": new_id()}),
        "freeze a payout in": (
            "shop:FreezePayout",
            {"shop": ground.till.shop.shop_id, "reason": "mistake"},
        ),
        "let a voucher lapse of": ("voucher:Lapse", {**scheme, "vouchers": [voucher], "reason": "mistake"}),
        "extend a voucher of": (
            "voucher:Extend",
            {**scheme, "vouchers": [voucher], "ends_on": "2199-01-01", "reason": "mistake"},
        ),
        "ask for more budget of": (
            "scheme:ProposeBudget",
            {**scheme, "add_cents": 1_000, "reason": "mistake"},
        ),
        "ask for the closing of": ("scheme:ProposeClosing", {**scheme, "reason": "mistake"}),
        "decide a change of": ("scheme:ApproveChange", {**scheme, "change": new_id()}),
        "end a shop of": (
            "shop:ProposeEnd",
            {"shop": ground.till.shop.shop_id, "reason": "mistake", "retention_days": 0},
        ),
        "order an erasure in": (
            "erasure:Order",
            {"collection": "citizens", **scheme, "ids": [voucher], "reason": "request"},
        ),
        "approve an erasure in": ("erasure:Approve", {"erasure": new_id()}),
        "settle": ("settlement:Draft", {**scheme, "shop": ground.till.shop.shop_id}),
    }


ALL_POWERS = (
    "draft", "approve", "open", "pause", "close a day of", "admit a shop to", "suspend a shop of", "issue in",
    "block a voucher of", "unblock a voucher of", "settle", "revoke a voucher of", "let a voucher lapse of",
    "extend a voucher of", "ask for more budget of", "ask for the closing of", "decide a change of",
    "end a shop of", "order an erasure in", "approve an erasure in", "ask to revoke a voucher of",
    "decide about", "freeze a payout in", "approve vouchers of",
)  # fmt: skip


@case(20, "clerk without a role", "would {} a scheme", "ROLE_REQUIRED", each=by_name(*ALL_POWERS))
def without_role(ground: Ground, power: str) -> Attempt:
    name, members = powers(ground)[power]
    contract = ground.props.user(MUNICIPALITY, "trainee")
    return lambda: ground.write(contract, name, **members)


@case(
    20,
    "administrator of the municipality",
    "would {} a scheme",
    "ROLE_REQUIRED",
    each=by_name("open", "issue in", "settle"),
)
def administrator(ground: Ground, power: str) -> Attempt:
    name, members = powers(ground)[power]
    return lambda: ground.write(ground.desk.contract(MUNICIPALITY, "admin"), name, **members)


ISSUERS_LIMITS = (
    "approve", "pause", "admit a shop to", "suspend a shop of", "unblock a voucher of", "revoke a voucher of",
    "extend a voucher of", "decide a change of", "decide about", "freeze a payout in",
    "approve an erasure in", "approve vouchers of",
)  # fmt: skip


@case(20, "issuer", "would {} a scheme alone", "ROLE_REQUIRED", each=by_name(*ISSUERS_LIMITS))
def issuer_alone(ground: Ground, power: str) -> Attempt:
    name, members = powers(ground)[power]
    return lambda: ground.write(ground.desk.clerk.caller.contract, name, **members)


FOREIGN: dict[str, list[Any]] = {
    "an issuer by the certificate of the shops' association": [SHOPS, ISSUER],
    "an approver by the certificate of the shops' association": [SHOPS, APPROVER],
    "an approver by the certificate of the auditor": [AUDITOR, APPROVER],
}


@case(
    20,
    "someone who is",
    "{} opens a scheme",
    "ROLE_REQUIRED",
    each=FOREIGN,
)
def role_from_elsewhere(ground: Ground, who: list[Any]) -> Attempt:
    organisation, attributes = who
    contract = ground.props.user(organisation, f"stray-{attributes['role']}", **attributes)
    return lambda: ground.write(contract, "scheme:Open", scheme=ground.scheme)


@case(20, "cashier by the municipality's certificate", "takes a payment", "ROLE_REQUIRED")
def cashier_from_elsewhere(ground: Ground) -> Attempt:
    wallet = ground.wallet()
    shop = ground.till.shop.shop_id
    contract = ground.props.user(MUNICIPALITY, "stray-cashier", role="cashier", person="p-till", shop=shop)
    request = ground.request(ground.order(wallet), wallet)
    return lambda: ground.write(contract, "payment:Pay", **request)


@case(
    20,
    "issuer",
    "{} blocks a voucher",
    "PERSON_REQUIRED",
    each={
        "whom no person stands behind": "",
        "whose person is a name": "Jan Jansen",
    },
)
def without_person(ground: Ground, person: str) -> Attempt:
    wallet = ground.wallet()
    named = {"person": person} if person else {}
    contract = ground.props.user(MUNICIPALITY, f"nobody-{len(person)}", role="issuer", **named)
    return lambda: ground.write(
        contract, "voucher:Block", scheme=ground.scheme, voucher=wallet.voucher, reason="mistake"
    )


INITIALISERS = {
    "the manager": [MUNICIPALITY, "manager"],
    "the clerk": [MUNICIPALITY, "clerk"],
    "the municipality's administrator": [MUNICIPALITY, "admin"],
    "the auditor": [AUDITOR, "auditor"],
    "the shops' administrator": [SHOPS, "admin"],
}


@case(29, "anyone, such as", "{}, initialises again", "ALREADY_INITIALISED", each=INITIALISERS)
def initialises_again(ground: Ground, who: list[str]) -> Attempt:
    organisation, user = who
    organisations = ground.desk.clerk.organisations.show()
    members = {name: organisations[name] for name in ("municipality", "shops", "auditors")}
    return lambda: ground.write(
        ground.desk.contract(organisation, user), "organisations:Initialise", **members
    )


@case(29, "shops' administrator", "names its own organisation as the municipality", "ALREADY_INITIALISED")
def takes_over(ground: Ground) -> Attempt:
    organisations = ground.desk.clerk.organisations.show()
    members = {
        "municipality": organisations["shops"][0],
        "shops": [organisations["municipality"]],
        "auditors": organisations["auditors"],
    }
    return lambda: ground.write(ground.desk.contract(SHOPS, "admin"), "organisations:Initialise", **members)


@case(
    29,
    "anyone, such as",
    "{}, asks for a further organisation",
    "ROLE_REQUIRED",
    each=by_name("shop", "auditor"),
)
def brings_an_organisation(ground: Ground, who: str) -> Attempt:
    contract = ground.till.shop.caller.contract if who == "shop" else ground.desk.auditor.caller.contract
    members = {"msp": "VriendenMSP", "kind": "shops", "reason": "friends"}
    return lambda: ground.write(contract, "organisations:Propose", **members)


@case(
    29,
    "clerk",
    "names the organisation that the same person proposed, {}",
    "SECOND_PERSON_REQUIRED",
    each=CERTIFICATES,
)
def names_own_proposal(ground: Ground, how: str) -> Attempt:
    alone, msp = same_person(ground, how), f"Vrienden{how.capitalize()}MSP"
    change = ground.desk.clerk.organisations.propose(msp, "shops", "friends")["change"]
    ground.desk.in_step()
    return lambda: alone.organisations.approve(msp, change)


@case(29, "clerk", "swaps the proposal that was looked at for another", "CHANGE_NOT_FOUND")
def swaps_the_proposal(ground: Ground) -> Attempt:
    looked_at = ground.desk.clerk.organisations.propose("RuilMSP", "auditors", "audit-office")["change"]
    ground.desk.in_step()
    ground.desk.clerk.organisations.propose("RuilMSP", "shops", "audit-office")
    ground.desk.in_step()
    return lambda: ground.desk.manager.organisations.approve("RuilMSP", looked_at)


@case(
    29,
    "clerk",
    "ends an organisation that the same person proposed to end, {}",
    "SECOND_PERSON_REQUIRED",
    each=CERTIFICATES,
)
def ends_an_organisation_alone(ground: Ground, how: str) -> Attempt:
    alone, msp = same_person(ground, how), f"Einde{how.capitalize()}MSP"
    change = ground.desk.clerk.organisations.propose(msp, "auditors", "audit-office")["change"]
    ground.desk.in_step()
    ground.desk.manager.organisations.approve(msp, change)
    ground.desk.in_step()
    proposed = ground.desk.clerk.organisations.propose_end(msp, "left")
    ground.desk.in_step()
    return lambda: alone.decisions.approve(proposed["id"])


@case(
    29, "anyone, such as", "{}, asks to end an organisation", "ROLE_REQUIRED", each=by_name("shop", "auditor")
)
def asks_to_end_an_organisation(ground: Ground, who: str) -> Attempt:
    contract = ground.till.shop.caller.contract if who == "shop" else ground.desk.auditor.caller.contract
    return lambda: ground.write(contract, "organisations:ProposeEnd", msp="WinkelsMSP", reason="left")


@case(29, "issuer", "asks to end the last organisation of shops", "INVALID_ORGANISATIONS")
def ends_the_last_shops(ground: Ground) -> Attempt:
    return lambda: ground.desk.clerk.organisations.propose_end("WinkelsMSP", "left")


@case(29, "issuer", "asks for an organisation that is there already", "ORGANISATION_NAMED")
def names_twice(ground: Ground) -> Attempt:
    return lambda: ground.desk.clerk.organisations.propose("WinkelsMSP", "shops", "friends")
