from fabric_gateway.hfc.fabric_network.gateway import *
