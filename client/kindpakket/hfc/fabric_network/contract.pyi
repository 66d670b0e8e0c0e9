from fabric_gateway.hfc.fabric_network.contract import *
