"""What the company sells: gift-card designs, their values and what is left of each."""

from __future__ import annotations

from dataclasses import dataclass

VALUES = (1000, 2500, 5000, 10000)
PLENTY = 1_000_000


@dataclass
class Product:
    """One design; `price` is the value first offered, in cents; `stock` what is left."""

    slug: str
    title: str
    blurb: str
    colours: tuple[str, str]
    price: int = 2500
    stock: int = PLENTY
    listed: bool = True


DESIGNS = (
    ("birch-grove", "Birch Grove", "White birches on a spring morning.", ("#e8efe4", "#4d6b4a")),
    ("harbour-lights", "Harbour Lights", "The bay at dusk, all lamps lit.", ("#dfe7f2", "#2c4a73")),
    ("winter-robin", "Winter Robin", "A robin that knows it is pretty.", ("#f6e6e2", "#9c3d2a")),
    ("happy-birthday", "Happy Birthday", "Candles, cake and confetti.", ("#fdf1d6", "#a86a12")),
    ("thank-you", "Thank You", "Two words, drawn by hand.", ("#efe6f5", "#5d3b78")),
)


class Shelf:
    """All products by slug."""

    def __init__(self) -> None:
        self.products = {design[0]: Product(*design) for design in DESIGNS}

    def listed(self) -> list[Product]:
        return [product for product in self.products.values() if product.listed]

    def search(self, words: str) -> list[Product]:
        """Listed products whose title or blurb holds every word."""
        wanted = words.lower().split()
        return [
            p for p in self.listed() if all(w in f"{p.title} {p.blurb}".lower() for w in wanted)
        ]

    def add_batch(self, title: str, price: int, stock: int) -> Product:
        """A limited batch that is bought by its link only, so that nobody else takes from it."""
        slug = f"limited-{len(self.products)}"
        product = Product(slug, title, "A limited batch.", ("#eee", "#333"), price, stock, False)
        self.products[slug] = product
        return product
