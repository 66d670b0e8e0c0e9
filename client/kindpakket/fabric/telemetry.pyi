from fabric_gateway.telemetry import *
