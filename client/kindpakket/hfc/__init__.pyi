from fabric_gateway.hfc import *
