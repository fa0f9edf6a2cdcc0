"""cxassure: journeys in YAML, driven across web, chat, phone and transfer, told to people."""

__version__ = "0.1.0"
