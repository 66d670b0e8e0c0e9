"""The report of a Kindpakket day, as one HTML page."""
