"""The SIP user agent: signalling of real calls, every message in sight (RFC 3261)."""
