import json

import httpx

from deployments.api.services import Services


async def asked(client: httpx.AsyncClient, *requests: str) -> str:
    session = (await client.post("/v1/sessions")).json()["id"]
    for text in requests:
        (await client.post("/v1/chat", json={"text": text, "session_id": session})).raise_for_status()
    return str(session)


async def test_turns_are_taken_back_and_others_take_their_place(client: httpx.AsyncClient) -> None:
    session = await asked(client, "hello", "say one", "say two")
    assert (await client.delete(f"/v1/sessions/{session}/turns/1")).status_code == 204
    left = (await client.get(f"/v1/sessions/{session}")).json()
    assert [turn["text"] for turn in left["turns"]] == ["hello"]
    assert left["artifacts"] == []
    again = (await client.post("/v1/chat", json={"text": "say three", "session_id": session})).json()
    assert again["turn"] == 1
    assert (await client.delete(f"/v1/sessions/{session}/turns/5")).status_code == 404


async def test_a_link_tells_what_was_said_but_not_the_session(client: httpx.AsyncClient) -> None:
    session = await asked(client, "hello")
    link = (await client.post(f"/v1/sessions/{session}/links")).json()
    copy = (await client.get(f"/v1/artifacts/{link['artifact']}")).content
    assert [turn["text"] for turn in json.loads(copy)["turns"]] == ["hello"]
    assert session.encode() not in copy
    await asked(client, "more")
    assert (await client.get(f"/v1/artifacts/{link['artifact']}")).content == copy


async def test_limits_are_those_of_the_settings(services: Services, client: httpx.AsyncClient) -> None:
    limits = (await client.get("/v1/limits")).json()
    assert limits["max_attachments"] == services.settings.max_attachments
    assert limits["max_text_characters"] == 20_000
