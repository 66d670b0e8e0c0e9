from fabric_gateway.blocks import *
