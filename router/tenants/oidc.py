"""People: who shows a token of the operator's identity provider (OpenID Connect), and what that permits."""

import asyncio
import hashlib
import json
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx
import jwt

from model_wrappers.contract.errors import InvalidInput, StorageUnavailable, Unauthenticated
from router.outside import public_destination
from router.principal import PERMISSIONS, TENANT_NAME, Permission
from router.settings import Settings

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
KEY_TYPES = ("RSA", "EC", "OKP")  # public ones: an issuer that shares a secret with us is none we know
REQUIRED = ("exp", "iss", "aud", "sub")
LEEWAY_S = 30.0  # between the issuer's clock and this one
KEYS_S = 3_600.0  # how long the issuer's keys stand
FIRST_S = 1.0  # how soon they are asked for again while there are none
ASK_AGAIN_S = 30.0  # how soon they are fetched again for a key that is not among them
TIMEOUT_S = 10.0
MAX_BYTES, CHUNK_BYTES = 256 * 1024, 16 * 1024
MAX_TOKEN = 16 * 1024  # characters
MAX_KEYS = 64
PERSON = "oidc-"
LOOPBACK = ("localhost", "127.0.0.1", "::1")

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Person:
    """Who shows a token; `id` stands for the person without naming anybody, times are seconds since 1970."""

    id: str
    tenant: str
    permissions: frozenset[Permission]
    issued: float
    until: float

    @property
    def reads(self) -> bool:
        """Whether the token permits to read the tenant's files."""
        return bool({"artifacts", "admin"} & self.permissions)


def is_person(key: str) -> bool:
    """Tell whether the key of a principal stands for a person."""
    return key.startswith(PERSON)


class People:
    """Knows people by the tokens of one issuer, whose keys are fetched when they are needed."""

    def __init__(
        self,
        issuer: str,
        audience: str,
        *,
        tenant_claim: str = "tenant",
        permissions_claim: str = "scope",
        permissions: Mapping[str, str] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take the tokens of an issuer.

        Args:
            issuer: Its URL, as tokens name it.
            audience: Whom tokens must be for: this system.
            tenant_claim: Claim that names the tenant; dots lead into objects.
            permissions_claim: Claim that tells what is permitted, a list or words.
            permissions: What each of its values permits, with spaces between; the values themselves if empty.
            clock: Seconds from anywhere.

        Raises:
            InvalidInput: If the issuer is not reached safely, or a permission is unknown.
        """
        parts = urlsplit(issuer)
        if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
            raise InvalidInput(f"The issuer '{issuer[:100]}' must be an https URL.", param="AUDIOGPT_OIDC_ISSUER")
        self._issuer, self._audience = issuer, audience
        self._tenant_claim, self._permissions_claim = tenant_claim, permissions_claim
        self._permitted = {value: _permissions(words) for value, words in (permissions or {}).items()}
        self._permitted = self._permitted or {one: frozenset({one}) for one in PERMISSIONS}
        self._clock = clock
        self._keys: dict[str, jwt.PyJWK] = {}
        self._fetched = self._tried = float("-inf")
        self._fetching = asyncio.Lock()

    @classmethod
    def from_settings(cls, settings: Settings) -> "People | None":
        """Return who the settings let in, None if they name no issuer; raises what the constructor does."""
        if settings.oidc_issuer is None:
            return None
        if settings.oidc_audience is None:
            raise InvalidInput(
                "AUDIOGPT_OIDC_ISSUER needs AUDIOGPT_OIDC_AUDIENCE: whom its tokens must be for.",
                param="AUDIOGPT_OIDC_AUDIENCE",
            )
        return cls(
            settings.oidc_issuer,
            settings.oidc_audience,
            tenant_claim=settings.oidc_tenant_claim,
            permissions_claim=settings.oidc_permissions_claim,
            permissions=settings.oidc_permissions,
        )

    async def person(self, token: str) -> Person:
        """Return who shows a token.

        Raises:
            Unauthenticated: If it is not the issuer's, not for us, expired, or says not what is needed.
            StorageUnavailable: If the issuer's keys cannot be fetched.
        """
        try:
            key = await self._key(token)
            claims = jwt.decode(
                token,
                key,
                [key.algorithm_name],
                {"require": list(REQUIRED)},
                audience=self._audience,
                issuer=self._issuer,
                leeway=LEEWAY_S,
            )
        except jwt.PyJWTError as exc:
            raise _refused(str(exc)) from exc
        tenant = _claim(claims, self._tenant_claim)
        if not isinstance(tenant, str) or not TENANT_NAME.fullmatch(tenant):
            raise _refused(f"it names no tenant in '{self._tenant_claim}'")
        values = _words(_claim(claims, self._permissions_claim))
        permitted = frozenset().union(*(self._permitted.get(value, frozenset()) for value in values))
        who = hashlib.sha256(f"{self._issuer}\0{claims['sub']}".encode()).hexdigest()[:24]
        issued = claims.get("iat", claims.get("nbf", 0))  # checked to be numbers where they are there
        return Person(f"{PERSON}{who}", tenant, permitted, float(issued), float(claims["exp"]))

    async def _key(self, token: str) -> jwt.PyJWK:
        """Return the key a token says it is signed with; only one that the issuer publishes is ever used."""
        header = jwt.get_unverified_header(token)
        if len(token) > MAX_TOKEN or header.get("alg") not in ALGORITHMS:
            raise _refused("it is signed in no way that is taken here")
        kid = header.get("kid")
        known = self._known(kid)
        if known is None or self._clock() - self._fetched > KEYS_S:
            async with self._fetching:
                await self._refresh(kid)
            known = self._known(kid)
        if known is None or known.algorithm_name not in ALGORITHMS:
            raise _refused("it is signed with a key the issuer does not publish")
        return known

    def _known(self, kid: object) -> jwt.PyJWK | None:
        if kid is None and len(self._keys) == 1:
            return next(iter(self._keys.values()))
        return self._keys.get(kid) if isinstance(kid, str) else None

    async def _refresh(self, kid: object) -> None:
        """Fetch the keys, but not for every token that names another one."""
        now = self._clock()
        if self._known(kid) is not None and now - self._fetched <= KEYS_S:
            return
        if now - self._tried < (ASK_AGAIN_S if self._keys else FIRST_S):
            self._need_keys()
            return
        self._tried = now
        try:
            document = await self._json(f"{self._issuer.rstrip('/')}/.well-known/openid-configuration")
            if document.get("issuer") != self._issuer:
                raise ValueError(f"it calls itself {str(document.get('issuer'))[:100]!r}")
            published = (await self._json(str(document.get("jwks_uri"))))["keys"]
            self._keys = _usable(published)
            self._fetched = now
        except (httpx.HTTPError, InvalidInput, ValueError, KeyError, TypeError, TimeoutError) as exc:
            logger.warning("The keys of the issuer '%s' could not be fetched: %s", self._issuer, exc)
            self._need_keys()

    def _need_keys(self) -> None:
        """Raise if there are none at all; those that were fetched before are better than none."""
        if not self._keys:
            raise StorageUnavailable("The identity provider does not answer; try again later.", retry_after_s=FIRST_S)

    async def _json(self, url: str) -> dict[str, Any]:
        own = urlsplit(self._issuer)
        if url.partition(":")[0] != own.scheme:
            raise ValueError(f"it names '{url[:100]}', which is not fetched")
        destination = await public_destination(url, "The issuer", (own.hostname or "",))
        async with (
            asyncio.timeout(TIMEOUT_S),
            httpx.AsyncClient(trust_env=False) as client,
            client.stream("GET", destination.url, **destination.options) as response,
        ):
            if response.status_code != httpx.codes.OK:
                raise ValueError(f"'{url[:100]}' answered {response.status_code}")
            data = bytearray()
            async for chunk in response.aiter_bytes(CHUNK_BYTES):
                data += chunk
                if len(data) > MAX_BYTES:
                    raise ValueError(f"'{url[:100]}' has more than {MAX_BYTES:,} bytes")
        found = json.loads(data)
        return found if isinstance(found, dict) else {}


def _usable(published: Any) -> dict[str, jwt.PyJWK]:
    """Return the public keys for signatures by their ids; others are passed over."""
    found: dict[str, jwt.PyJWK] = {}
    for fields in published[:MAX_KEYS]:
        if fields.get("kty") in KEY_TYPES and fields.get("use", "sig") == "sig":
            try:
                found[str(fields.get("kid", ""))] = jwt.PyJWK(fields)
            except jwt.PyJWTError as exc:
                logger.warning("A key of the issuer is passed over: %s", exc)
    return found


def _claim(claims: Mapping[str, Any], path: str) -> Any:
    if path in claims:
        return claims[path]
    found: Any = claims
    for name in path.split("."):
        found = found.get(name) if isinstance(found, dict) else None
    return found


def _words(value: Any) -> list[str]:
    if isinstance(value, str):
        return value.split()
    return [word for word in value if isinstance(word, str)] if isinstance(value, list) else []


def _permissions(words: str) -> frozenset[Permission]:
    if unknown := [word for word in words.split() if word not in PERMISSIONS]:
        raise InvalidInput(
            f"'{unknown[0][:40]}' is no permission; use some of {', '.join(PERMISSIONS)}.",
            param="AUDIOGPT_OIDC_PERMISSIONS",
        )
    return frozenset(one for one in PERMISSIONS if one in words.split())


def _refused(why: str) -> Unauthenticated:
    return Unauthenticated(f"The token is not taken: {why}.", hint="Get a new one from the identity provider.")
