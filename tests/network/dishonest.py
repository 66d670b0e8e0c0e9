"""A chaincode that breaks rules, for one test: the real sources with a few lines changed.

Nothing of it can be deployed by accident: it has no source in the repository. The test copies `chaincode/`
into a temporary folder, changes the lines below there, and names that folder in a topology of its own.
"""

from __future__ import annotations

import copy
import shutil
from pathlib import Path
from typing import NamedTuple

from kindpakket_network import Network, Topology

SOURCE = Path(__file__).parents[2] / "chaincode"
VERSION = "dishonest"


class Change(NamedTuple):
    """A rule that is switched off.

    Attributes:
        file: the file in the sources of the chaincode.
        honest: what is there.
        dishonest: what is there instead.
    """

    file: str
    honest: str
    dishonest: str


CHANGES = {
    "a payment by key needs no proof": Change(
        "rules/proof.go",
        "VerifyPayment(proof *Proof, message []byte) error {\n",
        "VerifyPayment(proof *Proof, message []byte) error {\n"
        "\tif b.Kind == ProofByKey {\n\t\treturn nil\n\t}\n",
    ),
    "a category's limit is 100 euros higher": Change(
        "rules/purchase.go",
        "if left := p.leftIn(category); line.Cents > left {",
        "if left := p.leftIn(category); line.Cents > left+10_000 {",
    ),
    "a settlement pays one cent more": Change(
        "rules/settlement.go", "Cents: t.Cents, Through: through", "Cents: t.Cents + 1, Through: through"
    ),
    "one person drafts and approves": Change(
        "rules/settlement.go",
        "if err := CheckSecondPerson(s.DraftedBy, person); err != nil {",
        'if err := CheckSecondPerson(s.DraftedBy, ""); err != nil {',
    ),
}
"""What the chaincode does otherwise than the rules say."""


def write_sources(folder: Path) -> None:
    """Write the sources of the dishonest chaincode into a folder, which is created.

    Raises:
        LookupError: the real sources no longer have a line that is to be changed, or have it twice.
    """
    shutil.copytree(SOURCE, folder)
    for does, change in CHANGES.items():
        path = folder / change.file
        text = path.read_text("utf-8")
        if text.count(change.honest) != 1:
            raise LookupError(
                f"{does}: {change.file} has {text.count(change.honest)} times {change.honest!r}"
            )
        path.write_text(text.replace(change.honest, change.dishonest), "utf-8")


def with_dishonest_chaincode(network: Network, folder: Path) -> Network:
    """The same network with the dishonest chaincode, for `deploy`.

    Args:
        network: the network.
        folder: where the sources go; it must not exist.
    """
    write_sources(folder)
    document = copy.deepcopy(dict(network.topology.document))
    document["channels"][0]["chaincodes"][0] |= {"source": str(folder), "version": VERSION}
    return Network(Topology.read(document, folder), network.home)
