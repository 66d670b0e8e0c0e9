"""hfc's settings."""
