"""A transaction's context and request, for programs that send their own proposals."""
