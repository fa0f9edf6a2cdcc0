"""Generated people: a customer with a name, an address and a telephone, the same for a seed."""

from __future__ import annotations

import hashlib
from functools import cached_property
from typing import TYPE_CHECKING

from cxassure.errors import CannotLook
from cxassure.text import guess

if TYPE_CHECKING:
    from faker import Faker


class Person:
    """The person of one run. Faker (imported when a journey first asks) is seeded by `seed`."""

    def __init__(self, seed: str) -> None:
        self._seed = seed
        self._known: dict[str, str] = {}

    @cached_property
    def _faker(self) -> Faker:
        from faker import Faker

        faker = Faker("en_US")
        faker.seed_instance(int.from_bytes(hashlib.sha256(self._seed.encode()).digest()[:8]))
        return faker

    def __getitem__(self, name: str) -> str:
        """`person.NAME`; raises `CannotLook` with a guess for a name that there is not."""
        if not self._known:
            self._known = self._make()
        if name not in self._known:
            raise CannotLook(f"a person has no «{name}»", guess(name, self._known))
        return self._known[name]

    def _make(self) -> dict[str, str]:
        """E-mail at example.com (RFC 2606) and a 555-01XX number: neither can reach anybody."""
        faker = self._faker
        first, last = faker.first_name(), faker.last_name()
        handle = f"{first}.{last}.{faker.random_number(6, True)}".lower().replace(" ", "")
        return {
            "name": f"{first} {last}",
            "first_name": first,
            "last_name": last,
            "username": handle,
            "email": f"{handle}@example.com",
            "phone": f"+1{faker.random_int(201, 989)}5550{faker.random_int(100, 199)}",
            "street": faker.street_address(),
            "city": faker.city(),
            "postcode": faker.postcode(),
            "country": "United States",
            "company": faker.company(),
        }
