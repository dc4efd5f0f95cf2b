"""A person at a browser, as far as a measurement needs one: cookies, forms and their hidden fields."""

from __future__ import annotations

import http.client
import re
import secrets
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

from xueji.bench.site import HOST

HIDDEN = re.compile(r'<input type="hidden" name="([a-z_]+)" value="([^"]*)">')
SECONDS_TO_ANSWER = 60
DECLARED = "application/x-www-form-urlencoded"


class Unexpected(RuntimeError):
    """A page did not answer as it should; the measurement means nothing then."""


@dataclass(frozen=True)
class Answer:
    status: int
    location: str
    text: str
    seconds: float

    def hidden(self, form: str) -> dict[str, str]:
        """Return the hidden fields of the form with this id."""
        begun = self.text.find(f'<form id="{form}"')
        if begun < 0:
            raise Unexpected(f"the page has no form {form}")
        return dict(HIDDEN.findall(self.text[begun : self.text.find("</form>", begun)]))


@dataclass
class Visitor:
    """Somebody signed in, over one connection that stays open."""

    port: int
    cookie: str
    token: str = field(default_factory=lambda: secrets.token_hex(16))

    def __post_init__(self) -> None:
        self.connection = http.client.HTTPConnection(HOST, self.port, timeout=SECONDS_TO_ANSWER)

    def get(self, path: str) -> Answer:
        return self._ask("GET", path)

    def post(self, path: str, values: Mapping[str, str], *, expected: int = 302) -> Answer:
        """Send a form. Raises Unexpected for another status than the expected one."""
        fields = {"idempotency_key": str(uuid.uuid4()), **values, "csrfmiddlewaretoken": self.token}
        return self._ask("POST", path, urlencode(fields).encode(), DECLARED, expected)

    def upload(self, path: str, name: str, content: bytes) -> Answer:
        """Send one file."""
        border = secrets.token_hex(16)
        head = (
            f'--{border}\r\nContent-Disposition: form-data; name="csrfmiddlewaretoken"\r\n\r\n{self.token}\r\n'
            f'--{border}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
            "Content-Type: application/octet-stream\r\n\r\n"
        )
        body = head.encode() + content + f"\r\n--{border}--\r\n".encode()
        return self._ask("POST", path, body, f"multipart/form-data; boundary={border}", 302)

    def _ask(
        self, method: str, path: str, body: bytes | None = None, kind: str = "", expected: int = 200
    ) -> Answer:
        headers = {"Cookie": f"{self.cookie}; csrftoken={self.token}", "Accept": "text/html"}
        if kind:
            headers["Content-Type"] = kind
        started = time.perf_counter()
        self.connection.request(method, path, body=body, headers=headers)
        response = self.connection.getresponse()
        text = response.read().decode()
        seconds = time.perf_counter() - started
        if response.status != expected:
            raise Unexpected(
                f"{method} {path}: status {response.status} instead of {expected}\n{text[:1000]}"
            )
        return Answer(response.status, response.headers.get("Location", ""), text, seconds)
