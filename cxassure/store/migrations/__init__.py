"""Migrations of the store, one file for each step, carried out by Alembic."""
