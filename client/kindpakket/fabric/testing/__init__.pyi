from fabric_gateway.testing import *
