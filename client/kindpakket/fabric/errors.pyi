from fabric_gateway.errors import *
