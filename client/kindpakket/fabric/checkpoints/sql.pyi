from fabric_gateway.checkpoints.sql import *
