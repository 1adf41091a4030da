"""Pictures kept beside their artifacts."""

from contextlib import suppress

from model_wrappers.contract.artifacts import ArtifactRef
from model_wrappers.contract.errors import StorageFull
from router.artifacts.store import ArtifactStore
from router.render.views import Gap, check_view, render
from router.render.visual import draw_frames
from router.telemetry import metrics


class Pictures:
    """Draws a picture when it is first asked for and keeps it as `{tenant}/{sha256}.{view}.png`."""

    def __init__(self, artifacts: ArtifactStore) -> None:
        """Read artifacts from, and keep pictures in, `artifacts`."""
        self._artifacts = artifacts

    def picture(self, ref: ArtifactRef, view: str | None = None, gap: Gap | None = None) -> bytes:
        """Return a PNG; blocks while it is drawn.

        A spectrogram with a marked gap is drawn each time: callers choose the gap, so there is no end of them to keep.

        Raises:
            InvalidInput: If the artifact has no such picture, or the gap does not fit it.
            NotFound: If the artifact is gone.
        """
        name = f"{check_view(ref, view, gap)}.png"
        if gap is not None:
            return self._drawn(ref, view, gap)
        kept = self._artifacts.read_derived(ref, name)
        metrics.CACHE_LOOKUPS.add(cache="pictures", result="miss" if kept is None else "hit")
        if kept is not None:
            return kept
        drawn = self._drawn(ref, view)
        with suppress(StorageFull):  # then it is drawn again the next time
            self._artifacts.put_derived(ref, name, drawn)
        return drawn

    def _drawn(self, ref: ArtifactRef, view: str | None, gap: Gap | None = None) -> bytes:
        if ref.kind == "video":
            return draw_frames(*self._artifacts.stills(ref))
        return render(ref, self._artifacts.read_canonical(ref), view, gap=gap)
