from fabric_gateway.hfc.protos.utils import *
