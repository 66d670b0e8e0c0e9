"""Disclosure of a sample's private records: asked for, given by the municipality, checked by hash.

The request and the result contain no personal data; what the municipality gives does.
"""

from kindpakket.auditor.disclosure.checking import check_disclosure
from kindpakket.auditor.disclosure.documents import (
    CHECKED,
    DISCLOSURE,
    REQUEST,
    DisclosureError,
    read_document,
    sealed,
)
from kindpakket.auditor.disclosure.request import drawn_again, request_of

__all__ = [
    "CHECKED",
    "DISCLOSURE",
    "REQUEST",
    "DisclosureError",
    "check_disclosure",
    "drawn_again",
    "read_document",
    "request_of",
    "sealed",
]
