"""hfc's helpers that programs import."""
