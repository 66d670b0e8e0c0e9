"""What a national network needs in machines, disk and bandwidth, from measured figures: `python -m scale`."""
