"""What is asked of peers, step by step, once for sync and asyncio. Not part of the API."""
