from fabric_gateway.hfc.fabric_ca import *
