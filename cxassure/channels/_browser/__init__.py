"""A kit for channels that look through a browser: finding one, sharing it, pointing at things."""
