"""An identity provider of the tests' own, on a real HTTP server."""

import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
AUDIENCE = "audiogpt"


@dataclass
class Issuer:
    """What it publishes, and how often it was asked for it."""

    url: str
    keys: dict[str, PrivateKey] = field(default_factory=dict)
    extra: dict[str, Any] = field(default_factory=dict)  # in the discovery document
    asked: Counter[str] = field(default_factory=Counter)
    broken: bool = False

    def add(self, kid: str, kind: str = "RSA") -> None:
        """Publish another key."""
        self.keys[kid] = (
            rsa.generate_private_key(65_537, 2_048) if kind == "RSA" else ec.generate_private_key(ec.SECP256R1())
        )

    def token(self, kid: str, *, signed_by: PrivateKey | None = None, **claims: Any) -> str:
        """Sign a token; claims that are None are left out."""
        key = signed_by or self.keys[kid]
        base = {"iss": self.url, "aud": AUDIENCE, "sub": "ann", "exp": time.time() + 3_600, "tenant": "acme"}
        said = {name: value for name, value in ({**base, "scope": "infer runs"} | claims).items() if value is not None}
        return jwt.encode(said, key, _algorithm(key), headers={"kid": kid})

    def answer(self, path: str) -> dict[str, Any]:
        if path == "/.well-known/openid-configuration":
            return {"issuer": self.url, "jwks_uri": f"{self.url}/keys"} | self.extra
        return {"keys": [_published(kid, key) for kid, key in self.keys.items()]}


def _algorithm(key: PrivateKey) -> str:
    return "RS256" if isinstance(key, rsa.RSAPrivateKey) else "ES256"


def _published(kid: str, key: PrivateKey) -> dict[str, Any]:
    name = _algorithm(key)
    public = jwt.get_algorithm_by_name(name).to_jwk(key.public_key(), as_dict=True)  # type: ignore[call-overload]
    return {**public, "kid": kid, "alg": name, "use": "sig"}


@contextmanager
def issuing() -> Iterator[Issuer]:
    """Run one at an address of its own."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            issuer.asked[self.path] += 1
            body = json.dumps(issuer.answer(self.path)).encode()
            self.send_response(500 if issuer.broken else 200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    issuer = Issuer(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield issuer
    finally:
        server.shutdown()
        server.server_close()
