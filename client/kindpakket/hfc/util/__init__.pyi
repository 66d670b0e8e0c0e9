from fabric_gateway.hfc.util import *
