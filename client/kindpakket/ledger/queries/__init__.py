"""The queries, a desk for each noun, with methods named after them: `schemes.show` is `scheme:Show`."""
