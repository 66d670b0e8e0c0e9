"""The main job of `make demo`: one day of a Kindpakket of Zuidhorn's size, on a real network."""
