from fabric_gateway.checkpoints import *
