from fabric_gateway.hfc.util.keyvaluestore import *
