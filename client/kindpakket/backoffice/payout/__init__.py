"""Money out in all schemes: what is due is drafted, approved by another person, and put into one file."""
