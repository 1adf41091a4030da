"""Speaking faces: does the mouth follow the speech, and where are the lips against a film of the real speaker."""

import io
from functools import lru_cache
from itertools import pairwise

import av
import numpy as np
from numpy.typing import NDArray

from model_wrappers.contract.audio import Audio
from model_wrappers.contract.errors import InvalidInput
from model_wrappers.contract.visual import Video
from model_wrappers.talking_head.face_mesh import CHIN, FOREHEAD, FaceMesh

UPPER_LIP, LOWER_LIP = 13, 14  # inner edges, in the mesh of 468 points
LIPS = (61, 291, 0, 17, 13, 14, 37, 267, 84, 314, 78, 308)  # corners, outer and inner edges
MAX_FRAMES = 1_500  # a minute at 25 frames a second; the rest is not looked at

Points = NDArray[np.float64]


def frames_of(video: Video) -> list[NDArray[np.uint8]]:
    """Return the decoded pictures, at most `MAX_FRAMES`, each of shape `(height, width, 3)`."""
    with av.open(io.BytesIO(video.data)) as container:
        decoded = zip(range(MAX_FRAMES), container.decode(video=0), strict=False)
        return [frame.to_ndarray(format="rgb24") for _, frame in decoded]


def face_points(video: Video) -> list[Points | None]:
    """Return the face mesh of every frame in pixels, None where there is no face."""
    return [_find(frame) for frame in frames_of(video)]


def _find(frame: NDArray[np.uint8]) -> Points | None:
    try:
        return _mesh().find(frame)
    except InvalidInput:
        return None


@lru_cache(maxsize=1)
def _mesh() -> FaceMesh:
    return FaceMesh()


def mouth_correlation(video: Video, audio: Audio) -> float:
    """Return the correlation of the mouth's opening with the speech's loudness, frame by frame; 0 for a still mouth."""
    points = face_points(video)
    openings = np.array([np.nan if face is None else _opening(face) for face in points])
    loudness = _loudness(audio, len(openings), video.frame_rate)
    seen = np.isfinite(openings)
    if seen.sum() < 2 or np.ptp(openings[seen]) < 1e-4 or np.ptp(loudness[seen]) == 0:
        return 0.0
    return float(np.corrcoef(openings[seen], loudness[seen])[0, 1])


def _opening(face: Points) -> float:
    return float(np.hypot(*(face[UPPER_LIP] - face[LOWER_LIP])) / _height(face))


def _height(face: Points) -> float:
    return float(np.hypot(*(face[FOREHEAD] - face[CHIN])))


def _loudness(audio: Audio, frames: int, frame_rate: float) -> Points:
    edges = np.arange(frames + 1) / frame_rate * audio.sample_rate
    samples = audio.mono()
    pieces = [samples[int(a) : int(b)] for a, b in pairwise(edges)]
    return np.array([np.sqrt((piece**2).mean()) if len(piece) else 0.0 for piece in pieces])


def landmark_distance(video: Video, reference: Video) -> float | None:
    """Return the mean distance of the lips to those of the real speaker, in face heights; None without a face.

    Source: L. Chen et al., "Lip movements generation at a glance", ECCV 2018 (LMD), here free of the picture's scale.
    """
    pairs = zip(face_points(video), face_points(reference), strict=False)
    distances = [np.hypot(*(_lips(a) - _lips(b)).T).mean() for a, b in pairs if a is not None and b is not None]
    return float(np.mean(distances)) if distances else None


def _lips(face: Points) -> Points:
    lips = face[list(LIPS)]
    return (lips - face.mean(axis=0)) / _height(face)
