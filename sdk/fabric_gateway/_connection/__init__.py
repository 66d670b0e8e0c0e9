"""How messages reach peers: channels, failover, limits, deadlines. Not part of the API."""
