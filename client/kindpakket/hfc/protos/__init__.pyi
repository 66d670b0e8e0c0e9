from fabric_gateway.hfc.protos import *
