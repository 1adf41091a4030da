import io
import zipfile

import httpx
import numpy as np
import pytest
import soundfile

from deployments.api.native.downloads import unique
from tests.deployments.api.test_routes import samples, upload
from tests.deployments.sounds import wav


@pytest.mark.parametrize(("form", "largest"), [("wav", 2**-14), ("flac", 2**-14), ("mp3", 0.1)])
async def test_a_sound_comes_in_each_format(client: httpx.AsyncClient, form: str, largest: float) -> None:
    stored = await upload(client, wav(0.5))
    response = await client.get(f"/v1/artifacts/{stored['id']}/audio", params={"format": form})
    assert response.headers["content-type"].startswith("audio/")
    made, rate = soundfile.read(io.BytesIO(response.content))
    given, given_rate = await samples(client, stored["id"])
    assert rate == given_rate
    assert np.abs(np.fft.rfft(made, rate)[:1_000]).argmax() == np.abs(np.fft.rfft(given, rate)[:1_000]).argmax()
    if form != "mp3":
        assert made == pytest.approx(given, abs=largest)


async def test_what_is_no_sound_is_refused(client: httpx.AsyncClient) -> None:
    text = (await client.post("/v1/chat", json={"text": "hello"})).json()
    link = (await client.post(f"/v1/sessions/{text['session_id']}/links")).json()
    response = await client.get(f"/v1/artifacts/{link['artifact']}/audio", params={"format": "mp3"})
    assert response.status_code == 422
    assert "is text, not audio" in response.json()["error"]["message"]


async def test_an_archive_holds_the_files_under_their_names(client: httpx.AsyncClient) -> None:
    first, second = await upload(client, wav(0.5)), await upload(client, wav(1.0))
    files = [{"artifact": first["id"], "name": "a.wav"}, {"artifact": second["id"], "name": "../a.wav"}]
    response = await client.post("/v1/archives", json={"files": files})
    with zipfile.ZipFile(io.BytesIO(response.content)) as archive:
        assert archive.namelist() == ["a.wav", "a-2.wav"]
        assert archive.read("a-2.wav") == (await client.get(f"/v1/artifacts/{second['id']}")).content


def test_names_lose_folders_and_become_unique() -> None:
    assert unique(["x/y.txt", "..\\y.txt", "z"]) == ["y.txt", "y-2.txt", "z"]
