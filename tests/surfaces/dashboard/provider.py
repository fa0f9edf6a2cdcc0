"""A small OpenID Connect provider on loopback: discovery, keys, code flow with PKCE (RFC 7636)."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT, SECRET = "cxassure", "a secret of ours"


class Company:
    """Signs in whoever comes as `person`; `spoil` changes what it says of them."""

    def __init__(self) -> None:
        self.person: dict[str, Any] = {
            "sub": "7",
            "email": "kim@example.com",
            "email_verified": True,
        }
        self.spoil: dict[str, Any] = {}
        self.key = RSAKey.generate_key(2048, {"kid": "one", "use": "sig", "alg": "RS256"})
        self.other = RSAKey.generate_key(2048, {"kid": "one", "use": "sig", "alg": "RS256"})
        self.sign_with = self.key
        self._codes: dict[str, dict[str, str]] = {}
        company = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                company.get(self)

            def do_POST(self) -> None:
                company.token(self)

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.issuer = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def get(self, request: BaseHTTPRequestHandler) -> None:
        parts = urlsplit(request.path)
        if parts.path == "/.well-known/openid-configuration":
            _answer(request, self._discovery())
        elif parts.path == "/keys":
            _answer(request, {"keys": [self.key.as_dict(private=False)]})
        elif parts.path == "/authorize":
            asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
            code = secrets.token_urlsafe(12)
            self._codes[code] = asked
            back = urlencode({"code": code, "state": asked["state"]})
            request.send_response(302)
            request.send_header("location", f"{asked['redirect_uri']}?{back}")
            request.end_headers()
        else:
            request.send_error(404)

    def _discovery(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
        }

    def token(self, request: BaseHTTPRequestHandler) -> None:
        body = request.rfile.read(int(request.headers["content-length"])).decode()
        given = {name: values[0] for name, values in parse_qs(body).items()}
        asked = self._codes.pop(given.get("code", ""), None)
        basic = base64.b64encode(f"{CLIENT}:{SECRET.replace(' ', '%20')}".encode()).decode()
        plain = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        shown = request.headers.get("authorization", "")
        verifier = hashlib.sha256(given.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(verifier).rstrip(b"=").decode()
        known = shown in (f"Basic {basic}", f"Basic {plain}")
        if asked is None or not known or asked.get("code_challenge") != challenge:
            _answer(request, {"error": "invalid_grant"}, 400)
            return
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + 300}
        claims |= {"nonce": asked["nonce"], **self.person, **self.spoil}
        signed = jwt.encode({"alg": "RS256", "kid": "one"}, claims, self.sign_with)
        told = {"access_token": "a", "token_type": "Bearer", "expires_in": 300, "id_token": signed}
        _answer(request, told)


def _answer(request: BaseHTTPRequestHandler, told: dict[str, Any], status: int = 200) -> None:
    data = json.dumps(told).encode()
    request.send_response(status)
    request.send_header("content-type", "application/json")
    request.send_header("content-length", str(len(data)))
    request.end_headers()
    request.wfile.write(data)
