"""The README's example does what it says."""

import re
from pathlib import Path

import pytest
from support import Town

from kindpakket_demo.wallets import Wallet

README = Path(__file__).parents[2] / "README.md"


def test_the_example_runs_and_the_audit_agrees(
    town: Town, wallet: Wallet, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    order = town.order(wallet)
    town.till.shop.pay(order, wallet.authorise(order))
    town.desk.in_step()
    example = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)[0]
    monkeypatch.chdir(town.desk.network.home.parent)
    exec(compile(example, str(README), "exec"), {})  # noqa: S102
    printed = capsys.readouterr().out
    assert f"{town.scheme.id} open" in printed
    assert printed.endswith("the audit agrees\n")
