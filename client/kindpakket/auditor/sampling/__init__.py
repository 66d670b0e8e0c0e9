"""Monetary-unit sampling: which payments to look at, drawn so that nobody could choose them.

Pure: payments and a seed in, a sample and its evaluation out.
`docs/decisions/0051-the-legality-report.md` says why cells and not a fixed interval.
"""

from kindpakket.auditor.sampling.drawing import Drawn, Item, Sample, draw
from kindpakket.auditor.sampling.errors import SamplingError
from kindpakket.auditor.sampling.evaluation import Evaluation, evaluate
from kindpakket.auditor.sampling.factors import reliability_factor
from kindpakket.auditor.sampling.plan import Plan
from kindpakket.auditor.sampling.seed import commitment_of, seed_of

__all__ = [
    "Drawn",
    "Evaluation",
    "Item",
    "Plan",
    "Sample",
    "SamplingError",
    "commitment_of",
    "draw",
    "evaluate",
    "reliability_factor",
    "seed_of",
]
