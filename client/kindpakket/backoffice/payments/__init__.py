"""Payment files for the bank: what is paid, in which characters, on which day, and reading a file back."""
