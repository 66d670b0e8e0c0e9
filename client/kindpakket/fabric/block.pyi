from fabric_gateway.block import *
