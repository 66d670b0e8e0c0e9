"""Fabric's protobuf messages that hfc's queries answer with, beside those of `kindpakket.fabric`."""

from __future__ import annotations

from typing import Any

from fabric_protos.peer import query_pb2
from fabric_protos.peer.lifecycle import lifecycle_pb2

query: Any = query_pb2
lifecycle: Any = lifecycle_pb2
