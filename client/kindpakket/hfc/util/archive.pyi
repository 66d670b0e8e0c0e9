from fabric_gateway.hfc.util.archive import *
