from fabric_gateway.aio_ca import *
