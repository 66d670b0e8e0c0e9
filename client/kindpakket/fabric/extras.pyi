from fabric_gateway.extras import *
