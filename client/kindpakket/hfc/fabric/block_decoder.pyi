from fabric_gateway.hfc.fabric.block_decoder import *
