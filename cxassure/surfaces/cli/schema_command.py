"""`cxassure schema`: JSON Schema of journey files."""

from __future__ import annotations

import json

import click


@click.command("schema")
def command() -> int:
    """Print a JSON Schema that editors complete and check journeys by."""
    from cxassure.workspace import journey_schema

    click.echo(json.dumps(journey_schema(), indent=2, ensure_ascii=False))
    return 0
