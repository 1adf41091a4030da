"""What stock clients and web pages do that is easily missed."""

import base64
import ipaddress
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from deployments.api.openai.chat.remote_files import fetch
from model_wrappers.contract.errors import InvalidInput
from router.outside import is_public
from router.spec import ModelSpec
from tests.deployments.conftest import SPECS, TONE_READER
from tests.deployments.sounds import tone, wav

MODEL = {"model": "audiogpt"}


@pytest.fixture
def specs() -> list[ModelSpec]:
    return [TONE_READER, *SPECS]


def sent(**fields: Any) -> dict[str, Any]:
    return {"data": {"model": "whisper-1", **fields}, "files": {"file": ("a.wav", tone(440, 600))}}


@pytest.mark.parametrize("name", ["timestamp_granularities[]", "timestamp_granularities[0]", "timestamp_granularities"])
async def test_list_fields_are_taken_as_every_language_writes_them(client: httpx.AsyncClient, name: str) -> None:
    form = sent(response_format="verbose_json", **{name: "word"})
    answer = await client.post("/v1/audio/transcriptions", **form)
    assert [word["word"] for word in answer.json()["words"]] == ["440", "600"]


async def test_long_prompt_is_taken(client: httpx.AsyncClient) -> None:
    answer = await client.post("/v1/audio/transcriptions", **sent(prompt="Zürich " * 2_000))
    assert answer.json()["text"] == "440 hertz 600 hertz"


@pytest.mark.parametrize("specs", [[ModelSpec(id="deaf", wrapper="tests.deployments.models:Deaf")]])
async def test_silence_streams_one_event_with_an_empty_text(client: httpx.AsyncClient) -> None:
    form = {"data": {"model": "whisper-1", "stream": "true"}, "files": {"file": ("a.wav", wav())}}
    answer = await client.post("/v1/audio/transcriptions", **form)
    assert answer.status_code == 200, answer.text
    (line,) = [line for line in answer.text.splitlines() if line.startswith("data: ")]
    event = json.loads(line.removeprefix("data: "))
    assert (event["type"], event["text"]) == ("transcript.text.done", "")


@pytest.mark.parametrize("field", ["speed", "response_format", "stream_format", "instructions", "voice"])
async def test_null_is_absent_in_speech(client: httpx.AsyncClient, field: str) -> None:
    body = {"model": "tts-1", "input": "hello", "voice": "alloy", field: None}
    assert (await client.post("/v1/audio/speech", json=body)).status_code == 200


@pytest.mark.parametrize(("model", "status"), [("tts-1", 200), ("tts-1-hd", 200), ("gpt-4o-mini-tts", 400)])
async def test_instructions_are_ignored_only_where_openai_ignores_them(
    client: httpx.AsyncClient, model: str, status: int
) -> None:
    body = {"model": model, "input": "hello", "voice": "alloy", "instructions": "whisper"}
    answer = await client.post("/v1/audio/speech", json=body)
    assert answer.status_code == status, answer.text
    assert status == 200 or "No model here takes 'instructions'" in answer.json()["error"]["message"]


@pytest.mark.parametrize("specs", [[ModelSpec(id="english", wrapper="tests.deployments.models:EnglishVoice")]])
async def test_text_in_a_language_no_voice_speaks_is_refused(client: httpx.AsyncClient) -> None:
    text = "Guten Morgen, wir haben heute noch sehr viel zu tun und ich weiß nicht, wie das werden soll."
    answer = await client.post("/v1/audio/speech", json={"model": "tts-1", "input": text, "voice": "alloy"})
    assert answer.status_code == 400, answer.text
    assert "'language' is 'de'; it knows en" in answer.json()["error"]["message"]
    assert (await client.post("/v1/audio/speech", json={"model": "tts-1", "input": "Good morning."})).status_code == 200


@pytest.mark.parametrize(
    "written",
    [
        lambda data: base64.encodebytes(data).decode(),
        lambda data: base64.urlsafe_b64encode(data).decode(),
        lambda data: base64.b64encode(data).decode().rstrip("="),
    ],
    ids=["line breaks", "letters of URLs", "no padding"],
)
async def test_base64_of_any_writing_is_taken(client: httpx.AsyncClient, written: Callable[[bytes], str]) -> None:
    data = written(wav())
    parts = [
        {"type": "text", "text": "halve it and say done"},
        {"type": "input_audio", "input_audio": {"data": data, "format": "wav"}},
    ]
    body = MODEL | {"messages": [{"role": "user", "content": parts}]}
    answer = await client.post("/v1/chat/completions", json=body)
    assert answer.json()["audiogpt"]["files"], answer.text


TITLE = '### Task:\nGenerate a concise, 3-5 word title.\n### Output:\nJSON format: {"title": "your title"}\n'
QUESTIONS = '### Task:\nSuggest 3-5 follow-up questions.\nJSON format: {"follow_ups": ["Question 1?"]}'
TAGS = '### Task:\nGenerate tags.\nJSON format: { "tags": ["tag1"] }\n<chat_history>USER: say hi</chat_history>'
CHORES = [(TITLE, "title"), (QUESTIONS, "follow_ups"), (TAGS, "tags")]


@pytest.mark.parametrize(("prompt", "key"), CHORES)
async def test_what_pages_ask_on_their_own_is_answered_in_text(
    client: httpx.AsyncClient, prompt: str, key: str
) -> None:
    earlier = [
        {"role": "user", "content": "make the sound of rain on a roof, please"},
        {"role": "assistant", "content": "x"},
    ]
    body = MODEL | {"messages": [*earlier, {"role": "user", "content": prompt}]}
    answer = (await client.post("/v1/chat/completions", json=body)).json()
    said = json.loads(answer["choices"][0]["message"]["content"])
    assert said == {key: "Make the sound of rain on" if key == "title" else []}
    assert "audiogpt" not in answer
    streamed = (await client.post("/v1/chat/completions", json=body | {"stream": True})).text
    assert json.dumps(said[key])[1:-1] in streamed.replace('\\"', '"')
    assert streamed.endswith("data: [DONE]\n\n")


@pytest.mark.parametrize("text", ["make a title for this chat", "Provide a concise title for the conversation above."])
async def test_plain_wish_for_a_title_is_one(client: httpx.AsyncClient, text: str) -> None:
    messages = [{"role": "user", "content": "say good morning"}, {"role": "user", "content": text}]
    answer = (await client.post("/v1/chat/completions", json=MODEL | {"messages": messages})).json()
    assert answer["choices"][0]["message"]["content"] == "Say good morning"


@pytest.mark.parametrize("text", ["say 'the title of this song'", "hello", "sing a song about our chat"])
async def test_requests_of_people_are_no_chores(client: httpx.AsyncClient, text: str) -> None:
    body = MODEL | {"messages": [{"role": "user", "content": text}]}
    answer = (await client.post("/v1/chat/completions", json=body)).json()
    assert answer["choices"][0]["message"]["content"] == f"You said: {text}"


async def test_artifact_that_is_known_is_not_sent_again(client: httpx.AsyncClient) -> None:
    stored = (await client.post("/v1/artifacts", files={"file": ("a.wav", wav())})).json()
    tag = f'"{stored["id"]}"'
    for known in (tag, f"W/{tag}", f'"x", {tag}', "*"):
        answer = await client.get(stored["url"], headers={"if-none-match": known})
        assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", tag)
    assert (await client.get(stored["url"], headers={"if-none-match": '"x"'})).status_code == 200
    for held, status in ((tag, 206), ('"x"', 200)):
        answer = await client.get(stored["url"], headers={"range": "bytes=0-9", "if-range": held})
        assert answer.status_code == status


@pytest.mark.parametrize(
    "url",
    [
        "http://h:99999/a",
        "http://[::1/a",
        "http://127.0.0.1/a",
        "http://[64:ff9b::7f00:1]/a",
        "http://[::ffff:127.0.0.1]/a",
        "http://1.1.1.1:22/a",
        "ftp://1.1.1.1/a",
        "http://user@1.1.1.1/a",
        "http:///a",
        "http://" + "a" * 300 + "/",
        "http://\0/",
        "",
    ],
)
async def test_remote_file_of_an_odd_address_is_refused_in_words(url: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        await fetch(url, max_bytes=10)
    assert refused.value.param == "url"


@pytest.mark.parametrize(
    ("address", "public"),
    [("1.1.1.1", True), ("2606:4700::1", True), ("224.0.0.1", False), ("ff0e::1", False), ("2002:7f00:1::", False)],
)
def test_addresses_that_stand_for_others_are_not_public(address: str, public: bool) -> None:
    assert is_public(ipaddress.ip_address(address)) is public
