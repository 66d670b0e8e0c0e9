from fabric_gateway.hfc.fabric_network.inmemorywalletstore import *
