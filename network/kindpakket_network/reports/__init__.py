"""Reports: a network's status, and its plan of changes."""
