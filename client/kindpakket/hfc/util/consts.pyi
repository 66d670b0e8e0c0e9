from fabric_gateway.hfc.util.consts import *
