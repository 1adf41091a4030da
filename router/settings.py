"""Where things lie and how much of them is allowed, from the environment."""

from pathlib import Path
from typing import Annotated, Any, Literal

from platformdirs import user_data_path
from pydantic import AfterValidator, BeforeValidator, Field, SecretStr
from pydantic_settings import NoDecode

from llm_planner.online.settings import LLMSettings, llm_settings
from model_wrappers.contract.environment import PREFIX, EnvironmentSettings, misspelt
from model_wrappers.contract.errors import InvalidInput
from model_wrappers.speech.lexicon import Lexicon


def _absolute_path(path: Path) -> Path:
    return path.expanduser().absolute()


def _absolute_url(url: str) -> str:
    return url if "://" in url else str(_absolute_path(Path(url)))


def _database_in_home(values: dict[str, Any]) -> SecretStr:
    return SecretStr(f"sqlite:///{values['home'] / 'audiogpt.sqlite3'}")


def _pairs(value: object) -> object:
    """Read `name=target,name=target`; an empty target is allowed."""
    if not isinstance(value, str):
        return value
    pairs = [part.split("=", 1) for part in value.split(",") if part.strip()]
    if any(len(pair) < 2 or not pair[0].strip() for pair in pairs):
        raise ValueError("write name=target, several with commas between")
    return {name.strip(): target.strip() for name, target in pairs}


Aliases = Annotated[dict[str, str], NoDecode, BeforeValidator(_pairs)]
MAX_CLASSES = 16


def _few_classes(classes: dict[str, str]) -> dict[str, str]:
    """Bound what metrics tell apart: every class has figures of its own in every process."""
    if len(set(classes.values())) > MAX_CLASSES:
        raise ValueError(f"name at most {MAX_CLASSES} classes")
    return classes


def _names(value: object) -> object:
    """Read names with commas or spaces between."""
    return tuple(value.replace(",", " ").split()) if isinstance(value, str) else value


def _paths(value: object) -> object:
    """Read paths with commas between."""
    if not isinstance(value, str):
        return value
    return tuple(_absolute_path(Path(part.strip())) for part in value.split(",") if part.strip())


Names = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_names)]
Paths = Annotated[tuple[Path, ...], NoDecode, BeforeValidator(_paths)]
LOOPBACK = ("localhost", "*.localhost", "127.0.0.1", "[::1]")
MODEL_ALIASES = {
    "whisper-1": "speech-recognition",
    "gpt-4o-transcribe": "speech-recognition",
    "gpt-4o-mini-transcribe": "speech-recognition",
    "gpt-transcribe": "speech-recognition",
    "tts-1": "text-to-speech",
    "tts-1-hd": "text-to-speech",
    "gpt-4o-mini-tts": "text-to-speech",
    "gpt-4o-audio-preview": "audiogpt",
    "gpt-audio": "audiogpt",
    "gpt-realtime": "audiogpt",
}
VOICES = "alloy ash ballad coral echo fable onyx nova sage shimmer verse marin cedar"  # OpenAI's, as of November 2026


class Settings(EnvironmentSettings):
    """What every process of the system reads once; field `home` is the variable `AUDIOGPT_HOME`, and so on."""

    home: Annotated[Path, AfterValidator(_absolute_path)] = Field(
        default_factory=lambda: user_data_path("audiogpt", appauthor=False), description="Folder for everything kept"
    )
    artifacts_url: Annotated[str, AfterValidator(_absolute_url)] = Field(
        default_factory=lambda values: str(values["home"] / "artifacts"),
        description="Folder, or fsspec URL such as s3://bucket/prefix",
    )
    database_url: SecretStr = Field(
        default_factory=_database_in_home,
        min_length=1,
        description="SQLAlchemy URL, sqlite:///... or postgresql+psycopg://...; may hold a password",
    )
    database_connections: int = Field(
        default=6, ge=2, description="Most connections that an ingress or runner has to Postgres for its work"
    )
    artifact_ttl_s: float = Field(
        default=7 * 24 * 3600.0, gt=0, description="Seconds artifacts, idle sessions and ended runs are kept"
    )
    max_upload_bytes: int = Field(default=100 * 2**20, gt=0, description="Largest file a caller may send")
    min_free_bytes: int = Field(
        default=100 * 2**20, ge=0, description="Bytes of the artifacts' disk that stay free; more is answered with 507"
    )
    max_attachments: int = Field(default=8, ge=0, description="Most files of one request")
    max_audio_s: float = Field(default=2 * 3600.0, gt=0, description="Longest audio a caller may send, in seconds")
    max_bytes_at_once: int = Field(
        default=512 * 2**20, gt=0, description="Most bytes of large requests received and answered at once, together"
    )
    decoders: int = Field(default=4, gt=0, description="Files from outside decoded at once, each in its own process")
    max_waiting_files: int = Field(default=64, ge=0, description="Most files that wait for a decoder")
    plan_timeout_s: float = Field(default=300.0, gt=0, description="Deadline of a plan somebody waits for")
    run_timeout_s: float = Field(default=3600.0, gt=0, description="Deadline of a plan that runs by itself")
    run_lease_s: float = Field(
        default=30.0, ge=1, description="Seconds of silence after which another runner takes a run over"
    )
    reuse_steps: bool = Field(
        default=True, description="Whether runs take over what earlier runs of the tenant made of the same input"
    )
    max_runs: int = Field(default=32, gt=0, description="Most runs of one tenant that have not ended")
    model_aliases: Aliases = Field(
        default=MODEL_ALIASES,
        description="Names OpenAI's clients send as `model`: name=target,...; a target is a model, a task (its best "
        "model) or audiogpt",
    )
    voice_aliases: Aliases = Field(
        default=dict.fromkeys(VOICES.split(), ""),
        description="Names of voices OpenAI's clients send: name=voice,...; no voice means the model's own",
    )
    lexicons: Paths = Field(
        default=(),
        description="Pronunciation lexicons (W3C PLS 1.0, one language each) for all texts that are spoken: files, "
        "with commas between",
    )
    allow_remote_urls: bool = Field(
        default=False, description="Whether chat messages may name files by http(s) URLs that the server then fetches"
    )
    webhook_hosts: Names = Field(
        default=(),
        description="Names and addresses inside the operator's own network that webhooks may tell, with commas between",
    )
    allowed_hosts: Names = Field(
        default=LOOPBACK,
        description="Names and addresses clients may ask for, with commas between; *.example.org for all below, * for "
        "any",
    )
    allowed_origins: Names = Field(
        default=(),
        description="Web pages that may use the API besides its own, with commas between, such as "
        "https://chat.example.org; * for any",
    )
    auth: Literal["auto", "on", "off"] = Field(
        default="auto",
        description="Whether a key is asked for; auto: unless only this machine can reach the server",
    )
    key_pepper: SecretStr | None = Field(
        default=None,
        min_length=32,
        description="Secret without which stored keys prove nothing, equal on all nodes; a file in the home unless set",
    )
    oidc_issuer: str | None = Field(
        default=None,
        description="Identity provider (OpenID Connect) whose tokens people may show instead of keys; its https URL",
    )
    oidc_audience: str | None = Field(default=None, description="Whom its tokens must be for: their claim `aud`")
    oidc_tenant_claim: str = Field(
        default="tenant", description="Claim of its tokens that names the tenant; dots lead into objects"
    )
    oidc_permissions_claim: str = Field(
        default="scope", description="Claim that tells what is permitted: a list, or words with spaces between"
    )
    oidc_permissions: Aliases = Field(
        default={},
        description="What values of that claim permit: value=permissions,... with spaces between permissions; the "
        "values themselves unless set",
    )
    oidc_links_s: float = Field(
        default=86_400.0,
        ge=0,
        description="Seconds after the end of a person's newest token for which links that the person made still open",
    )
    limits_url: SecretStr = Field(
        default=SecretStr("memory://"),
        min_length=1,
        description="Where limits of tenants are counted: memory:// in the only ingress, redis://host:port/database "
        "for several; may hold a password",
    )
    max_requests_at_once: int = Field(
        default=1536,
        gt=0,
        description="Most requests and sockets of an ingress, of which one tenant has three quarters",
    )
    tenant_classes: Annotated[Aliases, AfterValidator(_few_classes)] = Field(
        default={},
        description="Class of each tenant that metrics tell apart from the others: tenant=class,...; a few classes, as "
        "each has figures of its own",
    )
    max_session_turns: int = Field(default=100, gt=0, description="Turns a session remembers; older ones are dropped")


OTHER_VARIABLES = {
    f"{PREFIX}MODELS": "Folder of published weights; the hub's cache unless set",
    f"{PREFIX}CACHE": "Folder where weights from packages are assembled; the user's cache folder unless set",
    f"{PREFIX}STATE": "Folder of what the command `audiogpt` remembers; the user's state folder unless set",
    f"{PREFIX}URL": "Server that the command `audiogpt` speaks to",
    f"{PREFIX}API_KEY": "Key that the command `audiogpt` sends, where one is asked for",
}


def check_environment() -> None:
    """Read every setting, so that a wrong one is told at the start and not by a replica.

    Raises:
        InvalidInput: If a value is not allowed, or a variable looks like a misspelt one.
    """
    Lexicon.read(Settings.from_environment().lexicons)
    llm_settings()
    known = [*Settings.variables().values(), *LLMSettings.variables().values(), *OTHER_VARIABLES]
    if wrong := misspelt(known):
        told = "; ".join(f"{name} is unknown, did you mean {meant}?" for name, meant in wrong.items())
        raise InvalidInput(f"{told} Correct it, or unset it.", param=next(iter(wrong)))
