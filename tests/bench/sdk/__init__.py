"""`fabric_gateway` and the official SDKs, compared in one run: `python -m sdk`, or `make bench-sdk`."""
