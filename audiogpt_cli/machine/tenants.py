"""`audiogpt tenants` and `audiogpt keys`: who may use the system; on a server, or straight on its database."""

import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer
from pydantic import ValidationError
from rich.table import Table

from audiogpt_cli.terminal.connection import ApiKey, AsJson, connected, table_console
from model_wrappers.contract.errors import InvalidInput
from router.principal import NO_LIMITS, PERMISSIONS, TenantLimits
from router.validation import invalid_input

if TYPE_CHECKING:
    from audiogpt_client.administration import Administration
    from router.tenants.info import KeyInfo, TenantInfo
    from router.tenants.store import TenantStore

DURATION = re.compile(r"(\d{1,6})([smhd])")
SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}

tenants = typer.Typer(no_args_is_help=True, help="Whose artifacts, sessions and runs there are.")
keys = typer.Typer(no_args_is_help=True, help="The keys by which tenants use the system.")

WEIGHT = typer.Option(help="Its share where tenants wait for the same: one of weight 2 gets twice as much as one of 1")
Weight = Annotated[float, WEIGHT]
Limits = Annotated[
    list[str] | None,
    typer.Option(help="Such as requests_per_min=60 or storage_bytes=none; may be given several times"),
]
Server = Annotated[
    str | None,
    typer.Option("--server", envvar="AUDIOGPT_URL", help="Server to ask; the database of this machine unless given"),
]
KeyId = Annotated[str, typer.Argument(help="The part of the key behind 'agpt_'")]


@tenants.command("create")
def create_tenant(
    name: Annotated[str, typer.Argument(help="1 to 64 of a-z, 0-9, _ and -")],
    weight: Weight = 1.0,
    limit: Limits = None,
    server: Server = None,
    api_key: ApiKey = None,
) -> None:
    """Add a tenant."""
    administration(server, api_key).create_tenant(name, weight=weight, limits=changed(NO_LIMITS, limit))
    typer.echo(f"Tenant '{name}' is there; make it a key: audiogpt keys create --tenant {name}")


@tenants.command("edit")
def edit_tenant(
    name: str,
    weight: Annotated[float | None, WEIGHT] = None,
    limit: Limits = None,
    server: Server = None,
    api_key: ApiKey = None,
) -> None:
    """Change a tenant's weight or limits; what is not named stays. It holds within seconds."""
    store = administration(server, api_key)
    limits = changed(store.tenant(name).limits, limit)
    _print_tenants([store.edit_tenant(name, weight=weight, limits=limits)])


@tenants.command("list")
def list_tenants(as_json: AsJson = False, server: Server = None, api_key: ApiKey = None) -> None:
    """Print all tenants with their weights and limits."""
    found = administration(server, api_key).tenants()
    if as_json:
        typer.echo(json.dumps([info.model_dump() for info in found], indent=1))
    else:
        _print_tenants(found)


def changed(limits: TenantLimits, changes: Sequence[str] | None) -> TenantLimits:
    """Return limits with changes such as `requests_per_min=60`; `none` takes one away.

    Raises:
        InvalidInput: If one is no limit's name, or no value for it.
    """
    values = limits.model_dump(exclude_none=True)
    for change in changes or ():
        name, _, value = (part.strip() for part in change.partition("="))
        if name not in TenantLimits.model_fields:
            known = ", ".join(TenantLimits.model_fields)
            raise InvalidInput(f"--limit is {change[:80]!r}; write name=number with one of: {known}.", param="--limit")
        values[name] = None if value == "none" else value
    try:
        return TenantLimits.model_validate(values)
    except ValidationError as exc:
        raise invalid_input(exc, TenantLimits, "--limit") from exc


def _print_tenants(found: Sequence["TenantInfo"]) -> None:
    table = Table("tenant", "since", "weight", "limits")
    for info in found:
        limits = info.limits.model_dump(exclude_none=True)
        told = ", ".join(f"{name} {value:,}" for name, value in limits.items()) or "none"
        table.add_row(info.id, _day(info.created, ""), f"{info.weight:g}", told)
    table_console().print(table)


@keys.command("create")
def create_key(
    tenant: Annotated[str, typer.Option(help="Whose key it is")],
    scopes: Annotated[
        str, typer.Option(help=f"What it permits, with commas between: {', '.join(PERMISSIONS)}")
    ] = "infer,artifacts,sessions,runs,usage:read",
    expires: Annotated[
        str | None, typer.Option(help="How long it works, such as 90d or 12h; for good unless given")
    ] = None,
    name: Annotated[str, typer.Option(help="What you will know it by")] = "",
    server: Server = None,
    api_key: ApiKey = None,
) -> None:
    """Make a key and print it; nobody can print it again."""
    permissions = [one.strip() for one in scopes.split(",") if one.strip()]
    lasts_s = None if expires is None else seconds(expires, "--expires")
    made = administration(server, api_key).create_key(tenant, permissions, name=name, expires_s=lasts_s)
    typer.echo(made.text)


@keys.command("list")
def list_keys(
    tenant: Annotated[str | None, typer.Option(help="Only the keys of one tenant")] = None,
    as_json: AsJson = False,
    server: Server = None,
    api_key: ApiKey = None,
) -> None:
    """Print what is known of the keys, the newest first."""
    found = administration(server, api_key).keys(tenant)
    if as_json:
        typer.echo(json.dumps([info.model_dump() for info in found], indent=1))
        return
    table = Table("key", "tenant", "permits", "name", "works until", "last used")
    for info in found:
        row = (info.id, info.tenant, " ".join(info.permissions), info.name, _until(info), _day(info.last_used, "never"))
        table.add_row(*row)
    table_console().print(table)


@keys.command("rotate")
def rotate(
    key: KeyId,
    overlap: Annotated[str, typer.Option(help="How long the old key still works, such as 1d")] = "1d",
    server: Server = None,
    api_key: ApiKey = None,
) -> None:
    """Make a key like another and print it; the old one works for a while more."""
    typer.echo(administration(server, api_key).rotate(key, seconds(overlap, "--overlap")).text)


@keys.command("revoke")
def revoke(key: KeyId, server: Server = None, api_key: ApiKey = None) -> None:
    """Let a key work no more, within some seconds."""
    administration(server, api_key).revoke(key)
    typer.echo(f"Key '{key}' is revoked.")


def seconds(text: str, option: str) -> float:
    """Return the seconds that a text such as `90d` means.

    Raises:
        InvalidInput: If it means none.
    """
    found = DURATION.fullmatch(text.strip())
    if found is None:
        raise InvalidInput(f"{option} is {text[:40]!r}; write a number with s, m, h or d, such as 90d.", param=option)
    return float(found[1]) * SECONDS[found[2]]


def administration(server: str | None, api_key: str | None) -> "TenantStore | Administration":
    """Return who manages tenants and keys: a server, or the database itself, which needs none to run.

    Raises:
        InvalidInput: If the server's address is none.
    """
    if server is not None:
        from audiogpt_client.administration import Administration

        return connected(Administration, server, api_key)
    from router.settings import Settings
    from router.tenants.store import TenantStore

    return TenantStore.from_settings(Settings.from_environment())


def _until(info: "KeyInfo") -> str:
    return f"revoked {_day(info.revoked, '')}" if info.revoked is not None else _day(info.expires, "for good")


def _day(at: float | None, otherwise: str) -> str:
    return otherwise if at is None else f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M}"
