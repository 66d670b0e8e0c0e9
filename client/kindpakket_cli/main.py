"""The command `kindpakket`: its groups, each of which is loaded when it is called."""

from __future__ import annotations

import click

from kindpakket_cli.contract import EXIT_CODES, Group

# The lines of the list of commands. A test compares them with what the groups say of themselves.
_COMMANDS = {
    "network": (
        "kindpakket_cli.network.group",
        "The Fabric network: bring it up, look at it, change it, back it up.",
    ),
    "organisation": (
        "kindpakket_cli.organisation",
        "Organisations of the channel: list, propose, approve, reject, end.",
    ),
    "scheme": ("kindpakket_cli.scheme", "Schemes: draft, approve, open, pause, change, close; close days."),
    "shop": (
        "kindpakket_cli.shop",
        "Shops: apply, approve, grant, suspend, reinstate, end; their accounts and payouts.",
    ),
    "intake": (
        "kindpakket_cli.intake",
        "The file of entitled children: check, propose, issue, see how far it is.",
    ),
    "allocation": (
        "kindpakket_cli.allocation",
        "Allocations: what may be issued or topped up; list, show, approve, reject, withdraw.",
    ),
    "voucher": (
        "kindpakket_cli.voucher",
        "Vouchers: issue, activate, block, replace, top up, extend, revoke, lapse, look up.",
    ),
    "letters": (
        "kindpakket_cli.letters",
        "Letters to households: templates, addresses, print, and what becomes of the print files.",
    ),
    "payment": (
        "kindpakket_cli.payment",
        "Payments: take, hold, cancel, refund, look up; settle unknown outcomes.",
    ),
    "settlement": (
        "kindpakket_cli.settlement",
        "Settlements: draft, approve, book the bank's answer; claim or net what shops owe.",
    ),
    "payout": (
        "kindpakket_cli.payout",
        "Money out in all schemes: draft what is due, approve it, write the payment file.",
    ),
    "bank": (
        "kindpakket_cli.bank",
        "The bank's answer: read and match its files, book it on the ledger, list what does not agree.",
    ),
    "books": (
        "kindpakket_cli.books",
        "Journal entries for the financial administration: mapping, journal, balance, check, closed periods.",
    ),
    "decision": (
        "kindpakket_cli.decision",
        "Decide on what another person proposed: revocations, ends of shops or organisations, entitlements.",
    ),
    "erasure": (
        "kindpakket_cli.erasure",
        "Erase private records: ordered by one person, approved by another, with a certificate.",
    ),
    "person": (
        "kindpakket_cli.person",
        "Persons in the register: show and export what is kept of one, who looked, and erase it.",
    ),
    "register": (
        "kindpakket_cli.register",
        "The register of persons: status, batches, log of look-ups, change of its key.",
    ),
    "view": (
        "kindpakket_cli.view",
        "The ledger as tables: follow the blocks, export, see who did what; as at any block or day.",
    ),
    "figures": (
        "kindpakket_cli.figures",
        "Show what a council asks: use by scheme, category and quarter of issue; how fast shops are paid.",
    ),
    "audit": (
        "kindpakket_cli.audit",
        "Audit the ledger: verify, watch, report, samples, disclosure, checkpoints, bundles, histories.",
    ),
    "query": (
        "kindpakket_cli.any_transaction",
        "Run the query NAME, such as voucher:Show, with REQUEST, a JSON object.",
    ),
    "invoke": (
        "kindpakket_cli.any_transaction",
        "Submit the transaction NAME with REQUEST, a JSON object; request_id may be left out.",
    ),
}


@click.group(
    "kindpakket",
    cls=Group,
    later=_COMMANDS,
    shown=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=EXIT_CODES,
)
@click.version_option(
    package_name="kindpakket",
    prog_name="kindpakket",
    message="%(prog)s %(version)s",
    help="Show the version.",
)
def main() -> None:
    """Vouchers of public bodies on Hyperledger Fabric.

    Commands act as the first user in the network's folder whose certificate has the role that is needed;
    --organisation and --user choose another one. These options may also be given after the command.
    """
