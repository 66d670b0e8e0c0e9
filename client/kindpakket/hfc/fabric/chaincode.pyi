from fabric_gateway.hfc.fabric.chaincode import *
