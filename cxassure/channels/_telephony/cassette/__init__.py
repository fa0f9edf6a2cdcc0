"""Calls that were kept: how a cassette is made of a run, written, read, and played again."""
