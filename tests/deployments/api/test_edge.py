"""What is refused before a route sees it, and in which words."""

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from deployments.api.app import create_app
from deployments.api.services import Services
from router.settings import Settings
from tests.deployments.sounds import wav
from tests.deployments.websockets import websocket_scope

JSON = {"content-type": "application/json"}
FOREIGN = {"origin": "https://evil.example"}


def message(response: httpx.Response, status: int) -> str:
    assert response.status_code == status, response.text
    return response.json()["error"]["message"]


@pytest.mark.parametrize("host", ["attacker.example", "localhost.attacker.example", "10.0.0.1:8000"])
@pytest.mark.parametrize("path", ["/v1/chat", "/mcp", "/v1/audio/speech"])
async def test_name_of_somebody_else_is_not_answered(client: httpx.AsyncClient, host: str, path: str) -> None:
    response = await client.post(path, json={"text": "hello"}, headers={"host": host})
    assert f"does not answer to the name '{host.partition(':')[0]}'" in message(response, 403)
    assert "AUDIOGPT_ALLOWED_HOSTS" in response.text


@pytest.mark.parametrize("host", ["a:99999", "a b", "[::1", "", "a,b", "é", ":80", "[" + ":" * 5_000 + "]"])
async def test_host_that_is_none_is_refused_in_words(client: httpx.AsyncClient, host: str) -> None:
    response = await client.get("/v1/limits", headers=[("host", host.encode())])
    assert "must name one host" in message(response, 422)


@pytest.mark.parametrize("host", ["localhost:8000", "127.0.0.1", "[::1]:8", "LOCALHOST", "a.localhost", "localhost."])
async def test_names_of_this_machine_are_answered(client: httpx.AsyncClient, host: str) -> None:
    assert (await client.get("/v1/limits", headers={"host": host})).status_code == 200


async def test_probes_may_use_any_name(client: httpx.AsyncClient) -> None:
    assert (await client.get("/healthz", headers={"host": "10.1.2.3:8000"})).status_code == 200


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://localhost:3000", "http://[", "x"])
@pytest.mark.parametrize("path", ["/v1/chat", "/mcp", "/v1/sessions", "/v1/chat/completions"])
async def test_page_of_somebody_else_may_not_ask(client: httpx.AsyncClient, origin: str, path: str) -> None:
    response = await client.post(path, json={"text": "hello"}, headers={"origin": origin})
    assert f"The web page at '{origin}' may not talk to this server" in message(response, 403)


async def test_page_of_somebody_else_may_not_open_a_socket(services: Services) -> None:
    answered: list[dict[str, Any]] = []

    async def keep(message: dict[str, Any]) -> None:
        answered.append(message)

    app, scope = create_app(services), websocket_scope("/v1/realtime", headers=[(b"origin", b"https://evil.example")])
    await app(scope, asyncio.Queue().get, keep)  # type: ignore[arg-type]
    assert [message["type"] for message in answered] == ["websocket.close"]
    assert "may not talk to this server" in answered[0]["reason"]


async def test_own_page_may_ask(client: httpx.AsyncClient) -> None:
    for host in ("localhost", "localhost:8000"):
        headers = {"host": host, "origin": f"http://{host}"}
        assert (await client.post("/v1/sessions", headers=headers)).status_code == 201


async def test_pages_the_operator_names_may_ask_and_read(services: Services, tmp_path: Path) -> None:
    page, host = "https://chat.example.org", "api.example.org"
    settings = Settings(home=tmp_path, allowed_origins=(page,), allowed_hosts=(host,))
    app = create_app(Services(**{**vars(services), "settings": settings}))
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url=f"https://{host}") as client:
        asked = {"origin": page, "access-control-request-method": "POST"}
        preflight = await client.options("/v1/chat", headers=asked)
        assert preflight.headers["access-control-allow-origin"] == page
        answer = await client.post("/v1/sessions", headers={"origin": page})
        assert answer.status_code == 201
        assert answer.headers["access-control-allow-origin"] == page
        assert (await client.post("/v1/sessions", headers=FOREIGN)).status_code == 403


async def test_no_page_may_read_by_default(client: httpx.AsyncClient) -> None:
    assert "access-control-allow-origin" not in (await client.get("/v1/tasks", headers=FOREIGN)).headers


@pytest.mark.parametrize("kind", ["text/plain", "", "application/octet-stream", "text/json"])
async def test_json_needs_its_content_type(client: httpx.AsyncClient, kind: str) -> None:
    response = await client.post("/v1/chat", content=b'{"text":"hello"}', headers={"content-type": kind})
    assert "send 'application/json' or 'multipart/form-data'" in message(response, 415)


@pytest.mark.parametrize("kind", ["Application/JSON; charset=utf-8", "application/vnd.api+json"])
async def test_json_is_known_by_any_spelling(client: httpx.AsyncClient, kind: str) -> None:
    response = await client.post("/v1/chat", content=b'{"text":"hello"}', headers={"content-type": kind})
    assert response.json()["text"] == "You said: hello"


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        (b"[" * 100_000 + b"]" * 100_000, 422, "recursion limit exceeded"),
        (b'{"text": "\\ud800"}', 422, "is not JSON"),
        (b'{"text": "\xed\xa0\x80"}', 422, "is not JSON"),
        (b'{"timeout_s": NaN}', 422, "is not JSON"),
        (b'{"timeout_s": 1e999}', 422, "2 to the power of 63"),
        (b'{"timeout_s": ' + b"9" * 4_000 + b"}", 422, "2 to the power of 63"),
        (b'{"timeout_s": ' + b"9" * 400_000 + b"}", 422, "number out of range"),
        (b'{"artifacts": [' + b"[]," * 300_000 + b"[]]}", 413, "20,000 values"),
        (b'{"metadata": {' + b",".join(b'"%d":1' % i for i in range(30_000)) + b"}}", 413, "20,000 values"),
        (b'{"text": "' + b"a" * 2**20 + b'"}', 413, "1,048,576"),
        (b'{"text": "' + b"a" * 20_001 + b'"}', 413, "20,001 characters"),
        (b'{"artifacts": ["a"' + b',"a"' * 200 + b"]}", 422, "artifacts"),
        (b"\xff\xfe{}", 422, "is not JSON"),
        (b"", 422, "is not JSON"),
    ],
)
@pytest.mark.parametrize("path", ["/v1/chat", "/v1/plans", "/v1/runs"])
async def test_body_no_request_needs_is_refused_in_words(
    client: httpx.AsyncClient, path: str, body: bytes, status: int, words: str
) -> None:
    assert words in message(await client.post(path, content=body, headers=JSON), status)


async def test_nul_is_left_out_of_texts(client: httpx.AsyncClient) -> None:
    body = {"text": "he\0llo", "\0": None}
    assert "extra" in message(await client.post("/v1/chat", json=body), 422).lower()
    assert (await client.post("/v1/chat", json={"text": "he\0llo"})).json()["text"] == "You said: hello"
    assert (await client.post("/v1/chat", data={"text": "he\0llo"})).json()["text"] == "You said: hello"
    assert "NUL" in message(await client.get("/v1/sessions/%00"), 422)


async def test_byte_order_mark_is_no_mistake(client: httpx.AsyncClient) -> None:
    response = await client.post("/v1/chat", content=b"\xef\xbb\xbf" + b'{"text":"hello"}', headers=JSON)
    assert response.json()["text"] == "You said: hello"


async def test_many_wrong_values_are_refused_at_once(client: httpx.AsyncClient) -> None:
    body = json.dumps({"messages": [{}] * 490, "model": "audiogpt", "metadata": {str(i): 1 for i in range(9_000)}})
    response = await client.post("/v1/chat/completions", content=body, headers=JSON)
    assert "messages.0" in message(response, 400)


@pytest.mark.parametrize("digits", [1, 20, 5_000])
async def test_announced_length_may_have_any_number_of_digits(client: httpx.AsyncClient, digits: int) -> None:
    headers = {**JSON, "content-length": "9" * digits}
    response = await client.post("/v1/chat", content=b'{"text":"hello"}', headers=headers)
    assert response.status_code == (200 if digits == 1 else 413)


@pytest.mark.parametrize("value", ["bytes=0-" + "9" * 5_000, "bytes=" + "9" * 5_000 + "-", "bytes=-" + "9" * 5_000])
async def test_range_of_five_thousand_digits_ends_with_the_file(client: httpx.AsyncClient, value: str) -> None:
    stored = (await client.post("/v1/artifacts", files={"file": ("a.wav", wav())})).json()
    response = await client.get(stored["url"], headers={"range": value})
    assert response.status_code == (416 if value.endswith("9-") else 206)
    assert response.headers["content-range"].endswith(f"/{stored['size_bytes']}")


def multipart(disposition: str, data: bytes, kind: str | None = None) -> tuple[bytes, dict[str, str]]:
    head = f"--b\r\nContent-Disposition: form-data; {disposition}\r\n"
    head += f"Content-Type: {kind}\r\n" if kind else ""
    body = head.encode() + b"\r\n" + data + b"\r\n--b--\r\n"
    return body, {"content-type": "Multipart/Form-Data; boundary=b"}


@pytest.mark.parametrize(
    ("disposition", "kind"),
    [
        ("name=file; filename*=UTF-8''%e2%82%ac.wav", None),
        ("name=\"file\"; filename*=utf-8'en'a.wav", "audio/wav"),
        ("name=file; filename*=iso-8859-1''%e9.wav", None),
        ("name=file", "audio/wav"),
        ("name=file", "application/octet-stream"),
        ('name=file; filename="a.wav"', None),
    ],
)
async def test_file_is_taken_however_its_name_is_written(
    client: httpx.AsyncClient, disposition: str, kind: str | None
) -> None:
    body, headers = multipart(disposition, wav(), kind)
    response = await client.post("/v1/artifacts", content=body, headers=headers)
    assert response.status_code == 201, response.text


async def test_file_without_name_is_told_of(client: httpx.AsyncClient) -> None:
    for data, status in ((b"a" * 1_000, 422), (b"a" * (2**20 - 200), 422)):
        body, headers = multipart("name=file", data)
        assert "no file name" in message(await client.post("/v1/artifacts", content=body, headers=headers), status)


@pytest.mark.parametrize("charset", ["zlib", "idna", "utf-16", "no-such"])
async def test_charset_of_a_form_changes_nothing(client: httpx.AsyncClient, charset: str) -> None:
    body, headers = multipart("name=text", b"hello")
    headers["content-type"] += f"; charset={charset}"
    assert (await client.post("/v1/chat", content=body, headers=headers)).json()["text"] == "You said: hello"


@pytest.mark.parametrize(
    "body", [b"", b"--b", b"--b\r\n\r\n", b"--b\r\nContent-Disposition: x\r\n\r\n\r\n--b--", b"\0" * 99]
)
async def test_broken_form_is_told_of(client: httpx.AsyncClient, body: bytes) -> None:
    response = await client.post("/v1/chat", content=body, headers={"content-type": "multipart/form-data; boundary=b"})
    assert response.status_code in (400, 422), response.text
    assert response.json()["error"]["message"]


async def test_one_request_id_is_returned_behind_a_server_that_gives_them(services: Services) -> None:
    transport = httpx.ASGITransport(create_app(services, ids_answered_outside=True))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        response = await client.get("/v1/nowhere", headers={"x-request-id": "abc"})
    assert "x-request-id" not in response.headers
    assert response.json()["error"]["request_id"] == "abc"
