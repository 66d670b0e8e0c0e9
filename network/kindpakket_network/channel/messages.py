"""Fabric's protobuf messages about configurations. They have no type stubs, so `Any` starts here."""

from __future__ import annotations

from typing import Any

from fabric_protos.common import common_pb2, configtx_pb2, configuration_pb2, policies_pb2
from fabric_protos.msp import identities_pb2, msp_config_pb2, msp_principal_pb2
from fabric_protos.orderer import configuration_pb2 as orderer_pb2
from fabric_protos.orderer.etcdraft import configuration_pb2 as etcdraft_pb2
from fabric_protos.orderer.smartbft import configuration_pb2 as smartbft_pb2
from fabric_protos.peer import configuration_pb2 as peer_pb2

common: Any = common_pb2
configtx: Any = configtx_pb2
configuration: Any = configuration_pb2
policies: Any = policies_pb2
identities: Any = identities_pb2
msp_config: Any = msp_config_pb2
msp_principal: Any = msp_principal_pb2
orderer: Any = orderer_pb2
etcdraft: Any = etcdraft_pb2
smartbft: Any = smartbft_pb2
peer: Any = peer_pb2
