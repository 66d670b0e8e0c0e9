from fabric_gateway.hfc.version import *
