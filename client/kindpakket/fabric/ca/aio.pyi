from fabric_gateway.ca.aio import *
