from fabric_gateway.hfc.fabric_network.couchdbwalletstore import *
