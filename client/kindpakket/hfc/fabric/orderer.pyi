from fabric_gateway.hfc.fabric.orderer import *
