"""Amounts in euros, for people."""


def euros(cents: int) -> str:
    """An amount in cents as text: `1234567` is `€ 12,345.67`."""
    sign = "-" if cents < 0 else ""
    whole, rest = divmod(abs(cents), 100)
    return f"{sign}€ {whole:,}.{rest:02}"


def in_cents(cents: int) -> str:
    """An amount in cents as text: `1 cent`, `250 cents`."""
    return f"{cents} cent{'s' * (abs(cents) != 1)}"
