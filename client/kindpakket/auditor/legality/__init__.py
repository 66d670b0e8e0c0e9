"""Legality control: what of a period was spent lawfully, by what the blocks tell.

Blocks are observed once (`Observer`), which gives facts; a period and settings then give the report
(`legality`). Pure but for reading blocks: no network, no clock.
"""

from kindpakket.auditor.legality.errors import LegalityError
from kindpakket.auditor.legality.facts import Facts
from kindpakket.auditor.legality.findings import Findings, read_findings
from kindpakket.auditor.legality.judgements import Examined, read_checked, read_judgements
from kindpakket.auditor.legality.legality import Inputs, legality
from kindpakket.auditor.legality.observing import Observer
from kindpakket.auditor.legality.period import Period, period_of, period_of_scheme
from kindpakket.auditor.legality.sample import PeriodSample, sample_of
from kindpakket.auditor.legality.settings import Sampling, Settings, Signals
from kindpakket.auditor.legality.traces import BankFiles, BankTrace

__all__ = [
    "BankFiles",
    "BankTrace",
    "Examined",
    "Facts",
    "Findings",
    "Inputs",
    "LegalityError",
    "Observer",
    "Period",
    "PeriodSample",
    "Sampling",
    "Settings",
    "Signals",
    "legality",
    "period_of",
    "period_of_scheme",
    "read_checked",
    "read_findings",
    "read_judgements",
    "sample_of",
]
