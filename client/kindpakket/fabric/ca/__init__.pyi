from fabric_gateway.ca import *
