"""Generated requests against the OpenAPI document: no 5xx, and no answer the document does not tell of."""

import asyncio
import sys
from pathlib import Path

SCHEMATHESIS = Path(sys.executable).parent / "schemathesis"
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
LIMIT_S = 240
OPTIONS = (
    *("--phases", "examples,fuzzing", "--max-examples", "12", "--seed", "1"),
    *("--suppress-health-check", "too_slow", "--generation-database", "none", "--no-color"),
)


async def test_generated_requests_get_documented_answers_and_no_server_error(server_url: str, tmp_path: Path) -> None:
    command = [str(SCHEMATHESIS), "run", f"{server_url}/openapi.json", "--checks", CHECKS, *OPTIONS]
    process = await asyncio.create_subprocess_exec(
        *command, cwd=tmp_path, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    try:
        output, _ = await asyncio.wait_for(process.communicate(), LIMIT_S)
    finally:
        if process.returncode is None:
            process.kill()
    assert process.returncode == 0, output.decode()
