"""`cxassure serve`: the dashboard."""

from __future__ import annotations

import asyncio
import importlib
import webbrowser
from pathlib import Path
from typing import Any

import click

from cxassure.surfaces.cli import options

DASHBOARD = "cxassure.surfaces.dashboard"


@click.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True, help="Where to listen.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8765,
    show_default=True,
    help="The port; 0 is one that is free.",
)
@click.option("--url", default="", help="Its public address, where a proxy stands before it.")
@click.option(
    "--trusted-proxy",
    "proxies",
    multiple=True,
    metavar="ADDRESS",
    help="An address or network of that proxy, which is believed who asks (default: this machine).",
)
@click.option(
    "--tls-cert",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="The certificate, with its chain (PEM).",
)
@click.option(
    "--tls-key",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="The certificate's key (PEM).",
)
@click.option("--oidc-issuer", default="", help="The company's sign-in (OpenID Connect).")
@click.option("--oidc-client", default="", help="Our name there.")
@click.option(
    "--oidc-secret",
    default="oidc",
    show_default=True,
    help="The secret that we are known by there: the NAME of ${secret.NAME}.",
)
@click.option(
    "--oidc-others",
    type=click.Choice(["viewer", "operator", "admin"]),
    help="What those may do who sign in and are not listed (default: they are refused).",
)
@click.option("--open", "opened", is_flag=True, help="Open it in the browser.")
@options.report_dir
@options.root
@options.env
def command(
    host: str,
    port: int,
    url: str,
    proxies: tuple[str, ...],
    tls_cert: Path | None,
    tls_key: Path | None,
    oidc_issuer: str,
    oidc_client: str,
    oidc_secret: str,
    oidc_others: str | None,
    opened: bool,
    report_dir: Path | None,
    root: Path,
    env: str,
) -> int:
    """Serve the dashboard: what is broken now, incidents, peaks, trends, runs and their evidence.

    On this machine a link lets you in. Anywhere else it asks for people (`cxassure user add`) or
    a sign-in, and for TLS: without them it does not start (exit code 2). The API is described at
    /api/openapi.json.
    """
    workspace = options.open_workspace(root, env, report_dir)
    dashboard: Any = importlib.import_module(DASHBOARD)
    wish = dashboard.Wish(
        host=host,
        port=port,
        url=url,
        proxies=proxies,
        certificate=tls_cert,
        key=tls_key,
        issuer=oidc_issuer,
        client=oidc_client,
        secret=workspace.secret(oidc_secret) if oidc_issuer else "",
        others=oidc_others,
    )

    def say(address: str) -> None:
        click.echo(address)
        click.echo("ctrl-c ends it", err=True)
        if opened:
            webbrowser.open(address)

    asyncio.run(dashboard.serve(workspace, wish, say))
    return 0
