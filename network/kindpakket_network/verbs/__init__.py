"""What the network tool does: the verbs behind its commands."""
