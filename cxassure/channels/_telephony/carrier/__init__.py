"""cxassure as the carrier: walks a company's voice webhooks and their TwiML in virtual time."""
