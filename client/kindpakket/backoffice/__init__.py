"""The files that the back office works with: children, the register, payments for the bank."""
