"""What a network is doing, and what would change."""
