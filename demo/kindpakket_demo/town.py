"""An invented town: children, households and shops. The same seed gives the same town.

Numbers have the form of real ones and pass their checks. The citizen service numbers are in a range that is
reserved for tests.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from stdnum import iban
from stdnum.nl import bsn

CATEGORIES = ("books", "bikes", "sport", "swimming", "computer", "clothing", "toys")

_FIRST_NAMES = [
    "Aaltje",
    "Abel",
    "Anouk",
    "Berend",
    "Bram",
    "Carlijn",
    "Daan",
    "Derya",
    "Eelke",
    "Elin",
    "Femke",
    "Fenna",
    "Gijs",
    "Hamza",
    "Hanna",
    "Hidde",
    "Ilse",
    "Imane",
    "Jelle",
    "Jorrit",
    "Julia",
    "Kaoutar",
    "Lars",
    "Lieke",
    "Lotte",
    "Maud",
    "Mees",
    "Mila",
    "Milan",
    "Nadia",
    "Niek",
    "Noor",
    "Oguz",
    "Pieter",
    "Pleun",
    "Quinten",
    "Rens",
    "Rixt",
    "Roos",
    "Saar",
    "Salma",
    "Sem",
    "Sietse",
    "Siem",
    "Tess",
    "Thijs",
    "Tjitske",
    "Wieke",
    "Yara",
    "Youssef",
    "Zoë",
]
_FAMILY_NAMES = [
    "Alserda",
    "Bolhuis",
    "Boukhari",
    "van_der_Bruggen",
    "Clevering",
    "Dijkinga",
    "Elzinga",
    "Feenstraal",
    "Geertsema",
    "Haanstra",
    "van_den_Heuvelink",
    "Ibrahimi",
    "Jellema",
    "Kloosterhuis",
    "Lutgerink",
    "Meerstra",
    "Noorderhof",
    "Oosterlaan",
    "Postmavaart",
    "Rietema",
    "Schuringa",
    "Tuinhof",
    "Uilkema",
    "Veldkampstra",
    "Wiersinghe",
    "Yildirimci",
    "Zijlemaker",
]
_SHOPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Boekhandel De Leeslamp", ("books", "toys")),
    ("Fietsenmaker Rondom", ("bikes",)),
    ("Sporthuis De Aanloop", ("sport", "clothing")),
    ("Zwembad De Waterlelie", ("swimming",)),
    ("Computerhuis Bit & Byte", ("computer",)),
    ("Kinderkleding Kiek", ("clothing",)),
    ("Speelgoedwinkel Tol", ("toys",)),
    ("Warenhuis Noord", ("clothing", "toys", "books")),
    ("Sportvereniging Vlug", ("sport",)),
    ("Tweedehands Tweewielers", ("bikes",)),
    ("Bruna aan het Diep", ("books",)),
    ("Elektronica Oord", ("computer", "toys")),
)


@dataclass(frozen=True, slots=True)
class Child:
    """A row of the municipality's file. None of it may reach the ledger."""

    bsn: str
    first_name: str
    family_name: str
    born: date
    household: str


@dataclass(frozen=True, slots=True)
class Store:
    """A shop, with its bank account, which is private data."""

    name: str
    categories: tuple[str, ...]
    iban: str
    kvk: str


@dataclass(frozen=True, slots=True)
class Town:
    """Children, sorted by household, and shops."""

    children: tuple[Child, ...]
    shops: tuple[Store, ...]

    @property
    def personal_values(self) -> set[str]:
        """Texts that no block may contain: service numbers, bank accounts and names."""
        values = {child.bsn for child in self.children}
        values |= {f"{child.first_name} {child.family_name}" for child in self.children}
        values |= {child.family_name for child in self.children}
        return values | {shop.iban for shop in self.shops} | {shop.name for shop in self.shops}


def make_town(children: int, households: int, today: date, seed: int) -> Town:
    """Invent a town.

    Args:
        children: number of children, aged 4 to 17.
        households: number of households that they are spread over; at most the number of children.
        today: the day on which they are that age.
        seed: the same seed gives the same town.
    """
    random = Random(seed)
    numbers = _service_numbers(random, children)
    families = [random.choice(_FAMILY_NAMES).replace("_", " ") for _ in range(households)]
    people = []
    for index, number in enumerate(numbers):
        home = index % households
        people.append(
            Child(
                bsn=number,
                first_name=random.choice(_FIRST_NAMES),
                family_name=families[home],
                born=today - timedelta(days=random.randint(4 * 366, 17 * 365)),
                household=f"H{home + 1:04}",
            )
        )
    people.sort(key=lambda child: (child.household, child.born))
    stores = [
        Store(name, categories, account_of(random), f"{random.randint(10_000_000, 89_999_999)}")
        for name, categories in _SHOPS
    ]
    return Town(tuple(people), tuple(stores))


def _service_numbers(random: Random, count: int) -> list[str]:
    numbers: dict[str, None] = {}
    while len(numbers) < count:
        number = f"999{random.randint(0, 999_999):06}"
        if bsn.is_valid(number):
            numbers[number] = None
    return list(numbers)


def account_of(random: Random) -> str:
    """An IBAN that passes its checks."""
    bank = random.choice(("ABNA", "INGB", "RABO", "TRIO"))
    rest = f"{bank}{random.randint(1, 999_999_999):010}"
    return f"NL{iban.calc_check_digits(f'NL00{rest}')}{rest}"
