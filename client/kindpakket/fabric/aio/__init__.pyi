from fabric_gateway.aio import *
