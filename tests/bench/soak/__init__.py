"""A soak: clients that work for an hour while nodes stop and start, and the memory of all meanwhile."""
