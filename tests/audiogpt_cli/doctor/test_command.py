"""`audiogpt doctor` before a server, a config and a machine that lack something."""

import asyncio
import json
import socket
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner, Result

from audiogpt_cli.doctor.findings import Finding, Report
from audiogpt_cli.doctor.hardware import look_at_hardware, memory_mb
from audiogpt_cli.doctor.software import look_at_software
from audiogpt_cli.main import app
from deployments.local.ports import free_ports
from deployments.placement.packing import Demand
from router.spec import ModelSpec

MISSING_PROGRAM = ModelSpec(id="demanding", wrapper="tests.router.models:Demanding")
MODEL_SERVER = "model_wrappers.published.audio_spectrogram_transformer:AudioSpectrogramTransformer"


def doctor(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["doctor", *map(str, arguments)])


def found(*arguments: object) -> dict[str, list[dict[str, Any]]]:
    """Return the findings by area."""
    report = json.loads(doctor(*arguments, "--json").stdout)
    areas: dict[str, list[dict[str, Any]]] = {}
    for finding in report["findings"]:
        areas.setdefault(finding["area"], []).append(finding)
    return areas


@pytest.fixture(autouse=True)
def no_llm(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("AUDIOGPT_LLM_BASE_URL", raising=False)
    monkeypatch.delenv("AUDIOGPT_URL", raising=False)
    monkeypatch.setenv("AUDIOGPT_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hub"))


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A serve config on a free port, with one model that runs here."""
    (port,) = free_ports(1)
    models = [{"id": "sine", "wrapper": "tests.router.models:Sine"}]
    application = {"name": "a", "route_prefix": "/", "import_path": "deployments.builders:system"}
    options = {"host": "127.0.0.1", "port": port}
    file = tmp_path / "serve.yaml"
    file.write_text(
        yaml.safe_dump({"http_options": options, "applications": [{**application, "args": {"models": models}}]})
    )
    return file


@pytest.fixture
def llm() -> Iterator[str]:
    """The address of a server that has one language model."""

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # the name the library calls
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b'{"data": [{"id": "small"}]}')

        def log_message(self, *arguments: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/v1"
        server.shutdown()


async def test_server_s_models_are_told_with_what_the_missing_ones_need(server_url: str, config: Path) -> None:
    areas = await asyncio.to_thread(found, "--server", server_url, "--config", config)
    assert areas["server"][0]["state"] == "ok"
    by_state = {finding["state"]: finding for finding in areas["models"]}
    assert "sine" in by_state["ok"]["what"]
    assert "'demanding' is off" in by_state["missing"]["what"]
    assert by_state["missing"]["how"] == "apt-get install no-such-package"
    assert "offline planner" in areas["planner"][0]["what"]


async def test_what_is_missing_ends_with_one_and_says_what_to_do(server_url: str, config: Path) -> None:
    told = await asyncio.to_thread(doctor, "--server", server_url, "--config", config)
    assert told.exit_code == 1
    assert "no-such-package" in told.stdout.partition("What to do")[2]


def test_machine_that_lacks_nothing_ends_with_zero_before_a_server_runs(config: Path) -> None:
    told = doctor("--config", config)
    assert "Nothing is missing" in told.stdout
    assert told.exit_code == 0


def test_server_that_was_named_and_does_not_answer_is_missing(config: Path) -> None:
    told = doctor("--config", config, "--server", "http://127.0.0.1:9")
    assert told.exit_code == 1
    assert "No answer from http://127.0.0.1:9: Connection refused." in told.stdout


def test_missing_program_debian_package_and_weights_come_with_their_commands(tmp_path: Path) -> None:
    (tmp_path / "apt.txt").write_text("dpkg\nno-such-package  # for nothing\n")
    published = ModelSpec(id="tags", wrapper=MODEL_SERVER, args={"model": "org/tiny"})
    report = Report.of(look_at_software([MISSING_PROGRAM, published], tmp_path))
    by_area = {finding.area: finding for finding in report.findings if finding.state == "missing"}
    assert "1 of 2 Debian packages are missing: no-such-package" in by_area["debian"].what
    assert "'demanding' is off without executable 'no-such-program'" in by_area["models"].what + str(report.findings)
    assert by_area["weights"].how == "audiogpt models pull tags"
    assert "sudo apt-get install --no-install-recommends no-such-package" in report.remedies


def test_remedies_of_one_command_are_one_line() -> None:
    pulls = [
        Finding(area="weights", state="missing", what=name, how=f"audiogpt models pull {name}")
        for name in ("a", "b", "a")
    ]
    assert Report.of(pulls).remedies == ("audiogpt models pull a b",)


def test_port_that_is_taken_is_told(config: Path) -> None:
    options = yaml.safe_load(config.read_text())["http_options"]
    with socket.socket() as taken:
        taken.bind((options["host"], options["port"]))
        taken.listen()
        (port,) = found("--config", config)["port"]
    assert port["state"] == "missing"
    assert str(options["port"]) in port["what"]


@pytest.mark.parametrize(("memory", "state"), [(1, "ok"), (10**9, "missing")])
def test_memory_is_compared_with_what_the_models_take(memory: int, state: str, tmp_path: Path) -> None:
    demand = Demand("m", None, 0.0, 1.0, 0, memory, 1, 1)
    told = {finding.area: finding for finding in look_at_hardware([demand], tmp_path, None)}
    assert told["memory"].state == state
    assert "port" not in told


def test_memory_of_a_container_is_its_limit(tmp_path: Path) -> None:
    (tmp_path / "meminfo").write_text("MemTotal: 9000000 kB\nMemAvailable: 8388608 kB\n")
    (tmp_path / "limit").write_text(f"{512 * 2**20}\n")
    assert memory_mb(tmp_path / "meminfo", tmp_path / "none") == 8192
    assert memory_mb(tmp_path / "meminfo", tmp_path / "limit") == 512


def test_models_for_gpus_are_missing_theirs(tmp_path: Path) -> None:
    demand = Demand("m", "H200", 1.0, 1.0, 10**7, 1, 0, 1)
    (gpu,) = (finding for finding in look_at_hardware([demand], tmp_path, None) if finding.area == "gpu")
    assert gpu.state == "missing"


@pytest.mark.parametrize(
    ("model", "state", "said"), [("small", "ok", "has 'small'"), ("large", "missing", "one of: small")]
)
def test_llm_is_asked_for_its_model(
    llm: str, config: Path, monkeypatch: pytest.MonkeyPatch, model: str, state: str, said: str
) -> None:
    monkeypatch.setenv("AUDIOGPT_LLM_BASE_URL", llm)
    monkeypatch.setenv("AUDIOGPT_LLM_MODEL", model)
    (finding,) = found("--config", config)["llm"]
    assert finding["state"] == state
    assert said in f"{finding['what']} {finding['how']}"


@pytest.mark.parametrize(
    ("variable", "value", "area"),
    [("AUDIOGPT_LLM_BASE_URL", "http://127.0.0.1:9/v1", "llm"), ("AUDIOGPT_MAX_RUNS", "many", "settings")],
)
def test_wrong_setting_is_a_finding_and_no_crash(
    config: Path, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, area: str
) -> None:
    monkeypatch.setenv(variable, value)
    (finding,) = found("--config", config)[area]
    assert finding["state"] == "missing"
    assert "AUDIOGPT_" in f"{finding['what']}{finding['how']}"
