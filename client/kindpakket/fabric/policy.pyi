from fabric_gateway.policy import *
