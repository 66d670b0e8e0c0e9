from fabric_gateway.hfc.errors import *
