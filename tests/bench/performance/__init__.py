"""How fast Kindpakket is, on networks of its own: `make bench`, and comparisons of two tunings."""
