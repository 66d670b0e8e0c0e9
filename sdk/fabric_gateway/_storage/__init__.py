"""Files that survive a crash, and locks on them. Not part of the API."""
