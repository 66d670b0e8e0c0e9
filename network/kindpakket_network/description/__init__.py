"""The topology: the file that describes a network, and what is wrong with it."""
