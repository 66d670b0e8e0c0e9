"""What `make demo` runs: one day of a Kindpakket the size of Zuidhorn's, on a real network."""
