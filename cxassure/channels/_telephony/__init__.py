"""A kit for channels that telephone: cxassure as the carrier, in virtual time, over TwiML."""
