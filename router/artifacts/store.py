"""The artifact store: media by content, apart by tenant, kept for a time."""

import hashlib
import io
import re
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, BinaryIO, Self

from model_wrappers.contract.artifacts import DECODED, ITSELF, ArtifactRef, KeptArtifact, Kind
from model_wrappers.contract.containers import NO_SOUND
from model_wrappers.contract.errors import InvalidInput, NotFound, TooLarge, UnsupportedMedia
from model_wrappers.contract.media import Medium
from router.artifacts.listing import newest
from router.artifacts.quota import Claims, Quota
from router.artifacts.sidecars import Sidecar, Sidecars
from router.artifacts.storage import open_storage
from router.artifacts.sweep import remove, remove_all, sweep
from router.media.decoding import Decoder, InProcessDecoder, Job, take_stills
from router.media.stills import Stills
from router.pages import PAGE, Page
from router.principal import TENANT_NAME
from router.settings import Settings

ID = re.compile(r"[0-9a-f]{64}")
TOUCH_MARGIN = 0.02  # of the time to live; 3.4 h of a week
TOUCH_THREADS = 16  # an object store answers each in some 50 ms
MAX_SHOWN_ID = 80  # characters of a wrong id an error repeats
DERIVED = re.compile(r"[a-z][a-z0-9-]{0,31}\.[a-z0-9]{1,8}")


class ArtifactStore:
    """Media under `{tenant}/{sha256}`; everything else named `{sha256}.*` lives and dies with them.

    Methods block; call them off the event loop. One store may be used by any number of threads and processes.
    """

    def __init__(
        self,
        url: str,
        time_to_live_s: float,
        *,
        max_bytes: int = 100 * 2**20,
        max_audio_s: float = 7200.0,
        min_free_bytes: int = 0,
        decoder: Decoder | None = None,
        claims: Callable[[], Claims] | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Open a store.

        Args:
            url: Folder, or fsspec URL such as `s3://bucket/prefix`.
            time_to_live_s: Seconds an artifact is kept after it was last put.
            max_bytes: Largest upload.
            max_audio_s: Longest uploaded audio in seconds.
            min_free_bytes: Bytes that stay free on the disk.
            decoder: Reads files from outside; they are read in this process if None.
            claims: Returns what keeps writers of one tenant apart where the store cannot; asked for when needed.
            clock: Seconds since 1970.
        """
        self._storage = open_storage(url)
        self._time_to_live_s = time_to_live_s
        self._max_bytes = max_bytes
        self._max_audio_s = max_audio_s
        self._quota = Quota(self._storage, min_free_bytes, claims)
        self._decoder = decoder or InProcessDecoder()
        self._clock = clock
        self._sidecars = Sidecars(self._storage)

    @classmethod
    def from_settings(cls, settings: Settings, decoder: Decoder | None = None) -> Self:
        """Open the store the settings name; see the constructor for `decoder`."""
        return cls(
            settings.artifacts_url,
            settings.artifact_ttl_s,
            max_bytes=settings.max_upload_bytes,
            max_audio_s=settings.max_audio_s,
            min_free_bytes=settings.min_free_bytes,
            decoder=decoder,
            claims=partial(_claims, settings.database_url.get_secret_value()),
        )

    def put(
        self,
        data: bytes | BinaryIO,
        *,
        kind: Kind,
        media_type: str,
        tenant: str,
        properties: Mapping[str, Any] | None = None,
        licence: str | None = None,
        canonical: tuple[str, BinaryIO] | None = None,
        is_own: bool = False,
        most_bytes: int | None,
    ) -> ArtifactRef:
        """Store bytes; storing the same again renews their time to live and keeps a licence already known.

        Args:
            data: The complete file, as bytes or open to be read from its beginning.
            kind: What it holds.
            media_type: Its MIME type.
            tenant: Owner.
            properties: Fields of `ArtifactRef` that describe the content, e.g. `sample_rate`.
            licence: Licence of the content where it has one of its own.
            canonical: Name and content of the form that models read, of a file from outside.
            is_own: Whether the bytes were made here, so that models may read them as they are.
            most_bytes: That the owner may have stored; it has no limit if None.

        Raises:
            LimitExceeded: If the owner would have stored more.
            StorageFull: If there is no room.
        """
        digest, size_bytes = _measure(data)
        key = _key(tenant, digest)
        with self._storage.lock(key, exclusive=False):
            known = self._sidecars.load(key)
            if known is None or known.expires <= self._clock() or self._storage.size(key) != size_bytes:
                new_bytes = size_bytes + (_length(canonical[1]) if canonical else 0)
                with self._quota.room(key, new_bytes, most_bytes):
                    self._storage.write(key, data)
                    self._write_canonical(key, canonical)
            else:
                self._write_canonical(key, canonical)
            ref = ArtifactRef(
                id=digest,
                kind=kind,
                media_type=media_type,
                size_bytes=size_bytes,
                tenant=tenant,
                licence=licence or (known.ref.licence if known else None),
                canonical=canonical[0] if canonical else ITSELF if is_own else known.ref.canonical if known else None,
                **(properties or {}),
            )
            now = self._clock()
            created = known.created if known else now
            self._sidecars.save(key, Sidecar(ref=ref, created=created, expires=now + self._time_to_live_s))
        return ref

    def _write_canonical(self, key: str, canonical: tuple[str, BinaryIO] | None) -> None:
        if canonical is not None:
            self._storage.write(f"{key}.{canonical[0]}", canonical[1])

    def touch(self, refs: Sequence[ArtifactRef]) -> None:
        """Keep artifacts for their whole time to live from now on; those that are gone stay gone.

        They are given a little more than that, so that artifacts in constant use are seldom written.
        """
        old = [key for key in (_key(ref.tenant, ref.id) for ref in refs) if self._is_due(self._sidecars.last_seen(key))]
        if old:
            with ThreadPoolExecutor(min(len(old), TOUCH_THREADS)) as pool:
                list(pool.map(self._renew, old))

    def _is_due(self, sidecar: Sidecar | None) -> bool:
        return sidecar is None or sidecar.expires < self._clock() + self._time_to_live_s

    def _renew(self, key: str) -> None:
        with self._storage.lock(key, exclusive=False):
            sidecar = self._sidecars.load(key)
            if sidecar is None or not self._is_due(sidecar):
                return
            expires = self._clock() + self._time_to_live_s * (1 + TOUCH_MARGIN)
            self._sidecars.save(key, sidecar.model_copy(update={"expires": expires}))

    def store(self, medium: Medium, tenant: str, licence: str | None = None, *, most_bytes: int | None) -> ArtifactRef:
        """Encode a medium and put it; see `put` for `most_bytes`."""
        data, media_type = medium.encode()
        return self.put(
            data,
            kind=medium.kind,
            media_type=media_type,
            tenant=tenant,
            properties=medium.properties(),
            licence=licence,
            is_own=medium.kind in DECODED,
            most_bytes=most_bytes,
        )

    def upload(self, data: bytes, tenant: str, *, file_name: str | None = None, most_bytes: int | None) -> ArtifactRef:
        """Put a file from outside after telling what it is by its content.

        Raises:
            TooLarge: If it has more bytes, seconds or pixels than allowed.
            UnsupportedMedia: If it is damaged, or nothing a task could take.
            InvalidInput: If it is empty or holds unusable samples.
        """
        if len(data) > self._max_bytes:
            raise TooLarge(
                f"The file has {len(data):,} bytes; at most {self._max_bytes:,} are allowed. Compress or split it."
            )
        job = Job(file_name=file_name, max_audio_s=self._max_audio_s)
        with tempfile.TemporaryFile() as output:
            found = self._decoder.run(job, data, output.fileno()).identity
            assert found is not None
            output.seek(0)
            return self.put(
                data,
                kind=found.kind,
                media_type=found.media_type,
                tenant=tenant,
                properties={**found.properties, "warning": " ".join(found.warnings) or None},
                canonical=(found.canonical, output) if found.canonical else None,
                most_bytes=most_bytes,
            )

    def sound_track(self, ref: ArtifactRef, *, most_bytes: int | None) -> ArtifactRef:
        """Store the sound of a video as an artifact of its own; see `put` for `most_bytes`.

        Raises:
            UnsupportedMedia: If it has none.
            LimitExceeded: As `put` does.
        """
        if ref.canonical is None:
            ref = self._decoded(ref)
        if ref.canonical is None:
            raise UnsupportedMedia(NO_SOUND, param="file")
        measures = ref.model_dump(include={"sample_rate", "channels", "duration_s", "warning"})
        with self._storage.open(_derived_key(ref, ref.canonical)) as sound:
            media_type = f"audio/{ref.canonical.rpartition('.')[2]}"
            return self.put(
                sound,
                kind="audio",
                media_type=media_type,
                tenant=ref.tenant,
                properties=measures,
                is_own=True,
                most_bytes=most_bytes,
            )

    def stills(self, ref: ArtifactRef) -> tuple[Stills, bytes]:
        """Return frames of a video, and the PNG that holds them side by side.

        Raises:
            UnsupportedMedia: If none can be decoded.
        """
        return take_stills(self._decoder, self.read(ref))

    def find(self, artifact_id: str, tenant: str) -> ArtifactRef:
        """Return the reference of a stored artifact.

        Raises:
            NotFound: If the tenant has none of that id, or its time is over.
        """
        sidecar = self._sidecars.recent(_key(tenant, artifact_id))
        if sidecar is None or sidecar.expires <= self._clock():
            raise no_artifact(artifact_id)
        return sidecar.ref

    def resolve(self, artifact_id: str, tenant: str) -> ArtifactRef:
        """Return the reference of a stored artifact that models may read.

        Raises:
            NotFound: If the tenant has none of that id, or its time is over.
            UnsupportedMedia: If it is from outside, was never decoded, and cannot be.
        """
        ref = self.find(artifact_id, tenant)
        return self._decoded(ref) if ref.is_foreign else ref

    def _decoded(self, ref: ArtifactRef) -> ArtifactRef:
        """Decode what was stored before files from outside were, once."""
        known = self._sidecars.load(_key(ref.tenant, ref.id))
        if known is not None and known.ref.canonical is not None:
            return known.ref
        return self.upload(self.read(ref), ref.tenant, most_bytes=None)  # it was let in when it was stored

    def page(self, tenant: str, cursor: str | None = None, limit: int = PAGE) -> Page[KeptArtifact]:
        """Return a page of what a tenant has stored, the newest first.

        Raises:
            InvalidInput: If the cursor is none.
        """
        found = newest(self._storage, self._sidecars, _folder(tenant), self._clock(), cursor, limit)
        kept = [KeptArtifact(**one.ref.model_dump(), created=one.created, expires=one.expires) for one in found.data]
        return Page(data=tuple(kept), next=found.next)

    def read(self, ref: ArtifactRef) -> bytes:
        """Return the bytes of an artifact; raise `NotFound` if they are gone."""
        try:
            return self._storage.read(_key(ref.tenant, ref.id))
        except FileNotFoundError as exc:
            raise no_artifact(ref.id) from exc

    def read_canonical(self, ref: ArtifactRef) -> bytes:
        """Return what models read of an artifact: never bytes from outside, but what was decoded of them."""
        if ref.is_foreign:
            ref = self._decoded(ref)
        if ref.canonical is None or ref.canonical == ITSELF:
            return self.read(ref)
        data = self.read_derived(ref, ref.canonical)
        if data is None:
            raise no_artifact(ref.id)
        return data

    def exists(self, ref: ArtifactRef) -> bool:
        """Tell whether the bytes of an artifact are stored."""
        return self._storage.size(_key(ref.tenant, ref.id)) is not None

    def read_range(self, ref: ArtifactRef, start: int, end: int) -> bytes:
        """Return bytes `start` up to and without `end`; raise `NotFound` if they are gone.

        Raises:
            InvalidInput: If the range is empty or reaches beyond the artifact.
        """
        if not 0 <= start < end <= ref.size_bytes:
            raise InvalidInput(f"The byte range {start} to {end} is not within 0 to {ref.size_bytes}.", param="range")
        try:
            return self._storage.read_range(_key(ref.tenant, ref.id), start, end)
        except FileNotFoundError as exc:
            raise no_artifact(ref.id) from exc

    def local_path(self, ref: ArtifactRef) -> str | None:
        """Return the path of the bytes on this machine, or None where the store is elsewhere; do not write to it."""
        key = _key(ref.tenant, ref.id)
        path = self._storage.local_path(key)
        if path is not None and self._storage.size(key) is None:
            raise no_artifact(ref.id)
        return path

    def read_derived(self, ref: ArtifactRef, name: str) -> bytes | None:
        """Return what was made of an artifact under a name such as `waveform.png`, or None."""
        try:
            return self._storage.read(_derived_key(ref, name))
        except FileNotFoundError:
            return None

    def put_derived(self, ref: ArtifactRef, name: str, data: bytes) -> None:
        """Keep something made of an artifact for as long as the artifact itself."""
        self._storage.write(_derived_key(ref, name), data)

    def delete(self, ref: ArtifactRef) -> None:
        """Remove an artifact and all that was made of it; none is no error."""
        remove(self._storage, self._sidecars, _key(ref.tenant, ref.id))

    def delete_all(self, tenant: str) -> tuple[int, int]:
        """Remove all artifacts of a tenant and all that was made of them; return how many, and of how many bytes."""
        return remove_all(self._storage, self._sidecars, _folder(tenant))

    def sweep(self) -> int:
        """Remove artifacts whose time is over, and return how many; see `router.artifacts.sweep`."""
        return sweep(self._storage, self._sidecars, self._time_to_live_s, self._clock())


def _measure(data: bytes | BinaryIO) -> tuple[str, int]:
    """Return SHA-256 and length of bytes or of a file, which is then at its beginning again."""
    if isinstance(data, bytes):
        return hashlib.sha256(data).hexdigest(), len(data)
    digest = hashlib.file_digest(data, "sha256").hexdigest()  # type: ignore[arg-type]
    size_bytes = data.seek(0, io.SEEK_END)
    data.seek(0)
    return digest, size_bytes


def _folder(tenant: str) -> str:
    if not TENANT_NAME.fullmatch(tenant):
        raise InvalidInput(
            f"Tenant {tenant!r} is not allowed; use 1 to 64 of a-z, 0-9, '_' and '-', a letter or digit first.",
            param="tenant",
        )
    return tenant


def _key(tenant: str, artifact_id: str) -> str:
    if not ID.fullmatch(artifact_id):
        raise no_artifact(artifact_id)
    return f"{_folder(tenant)}/{artifact_id}"


def _derived_key(ref: ArtifactRef, name: str) -> str:
    if not DERIVED.fullmatch(name):
        raise ValueError(f"{name!r} is no name such as 'waveform.png'")
    return f"{_key(ref.tenant, ref.id)}.{name}"


def no_artifact(artifact_id: str) -> NotFound:
    """Return the error for an artifact that there is not."""
    shown = artifact_id if len(artifact_id) <= MAX_SHOWN_ID else f"{artifact_id[:MAX_SHOWN_ID]}..."
    return NotFound(f"Artifact '{shown}' does not exist or has expired; upload it again.", param="artifact")


def _length(file: BinaryIO) -> int:
    """Return the bytes from where a file stands."""
    start = file.tell()
    length = file.seek(0, io.SEEK_END) - start
    file.seek(start)
    return length


def _claims(database_url: str) -> Claims:
    """Return the claims of all processes; most need none, and so not what talks to the database."""
    from router.records.storage_claims import StorageClaims

    return StorageClaims.at(database_url)
