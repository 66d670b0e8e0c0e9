"""The back office's files: entitled children, the register, and payment files for the bank."""
