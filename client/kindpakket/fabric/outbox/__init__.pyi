from fabric_gateway.outbox import *
