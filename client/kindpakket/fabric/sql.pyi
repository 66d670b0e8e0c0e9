from fabric_gateway.sql import *
