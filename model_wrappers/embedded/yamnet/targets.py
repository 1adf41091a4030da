"""Which sound classes a text or a recording means."""

import re

import numpy as np
from numpy.typing import NDArray

from model_wrappers.contract.errors import InvalidInput
from model_wrappers.embedded.yamnet.network import Activity
from model_wrappers.sounds.audioset import SCENES, Ontology
from model_wrappers.sounds.sentence_embeddings import SentenceEmbedder

LEAST_SIMILARITY = 0.57  # cosine; words that name no sound stay below, see the tests
KIN_MARGIN = 0.07  # a more general class counts if it is nearly as similar as the best
FAMILY_SIZE = 12  # classes; a larger family than this, e.g. all vehicles, says little about one member
LEAST_PROBABILITY = 0.2  # of the surest class of a reference recording
ASKED_FOR = 2.0  # log odds by which a sound is likelier to be there if somebody asks for it
REFERENCE_SHARE = 0.5  # of the surest class's probability that further classes of a reference need
FRAMES = ("{}", "the sound of {}")  # bare words tell what is no sound, framed ones a crow's caw from a crowd
ALIASES = {  # what people say and the display names do not
    "Speech": ("a man speaking", "a woman speaking", "a voice", "somebody reading aloud", "talking"),
    "Hubbub, speech noise, speech babble": ("people chatting in the background", "many voices"),
    "Walk, footsteps": ("steps", "somebody walking up the stairs"),
    "Baby cry, infant cry": ("a crying baby",),
    "Bird vocalization, bird call, bird song": ("a songbird singing", "birds singing", "a lark", "a robin"),
    "Bird": ("a parrot", "a seagull"),
    "Roaring cats (lions, tigers)": ("a tiger growling", "a leopard"),
    "Moo": ("a cow mooing",),
    "Caw": ("a crow cawing",),
    "Chink, clink": ("clinking glasses", "bottles clinking"),
    "Truck": ("a lorry",),
    "Water tap, faucet": ("a tap running",),
    "Stream": ("a brook", "a river"),
    "Boom": ("a bang", "a blast"),
    "Busy signal": ("an engaged tone",),
}
PREAMBLE = re.compile(r"^\s*(only |just )?((the|a|an|some) )?((sounds?|noises?) (of|made by|from) )?", re.IGNORECASE)


class SoundTargets:
    """Match words or recordings to AudioSet classes."""

    def __init__(self, ontology: Ontology, embedder: SentenceEmbedder) -> None:
        """Embed every name of every class.

        Args:
            ontology: The classes.
            embedder: Gives vectors of texts.
        """
        self._ontology = ontology
        self._embedder = embedder
        named = [(index, phrase) for index, name in enumerate(ontology.names) for phrase in phrases(name)]
        self._labels = np.array([index for index, _ in named])
        self._vectors = [embedder.embed([frame.format(phrase) for _, phrase in named]) for frame in FRAMES]

    def match_text(self, text: str, *, param: str = "target") -> tuple[int, ...]:
        """Return the classes a text means, the nearest first.

        Raises:
            InvalidInput: If no class is near it.
        """
        similarity = self._similarities(text)
        order = np.argsort(-similarity, kind="stable")
        best = int(order[0])
        if similarity[best] < LEAST_SIMILARITY:
            nearest = ", ".join(self._ontology.names[index] for index in order[:3])
            raise InvalidInput(
                f"No sound class fits '{text}'; the nearest of the {len(similarity)} known ones are: {nearest}. "
                "Name the sound by what makes it, e.g. 'dog barking', or give a recording of it.",
                param=param,
            )
        general = [
            int(index)
            for index in order
            if self._ontology.is_ancestor(int(index), best) and similarity[index] > similarity[best] - KIN_MARGIN
        ]
        return (best, *general)

    def match_recording(self, activity: Activity, *, param: str = "reference") -> tuple[int, ...]:
        """Return the most specific classes heard in a recording, the surest first.

        Raises:
            InvalidInput: If no class is heard in it.
        """
        peaks = activity.probabilities.max(axis=0)
        peaks[list(SCENES)] = 0.0
        if peaks.max() < LEAST_PROBABILITY:
            surest = self._ontology.names[peaks.argmax()]
            raise InvalidInput(
                f"No known sound is heard in the recording (the surest, {surest}, reaches {peaks.max():.2f} of the "
                f"{LEAST_PROBABILITY} needed); give a clearer one or name the sound in words.",
                param=param,
            )
        heard = [int(index) for index in np.argsort(-peaks) if peaks[index] >= REFERENCE_SHARE * peaks.max()]
        return tuple(index for index in heard if not any(self._ontology.is_ancestor(index, other) for other in heard))

    def probability(self, probabilities: NDArray[np.float32], labels: tuple[int, ...]) -> NDArray[np.float32]:
        """Return the probability over time of any of the classes or a kind of them, shape `(frames,)`.

        The network is surer of a family than of its members: it hears bowed strings where it wavers between cello and
        double bass. So where a class is the likeliest of its family, the family's probability is its own.
        """
        members = [self._member_probability(probabilities, label) for label in labels]
        return np.asarray(np.max(members, axis=0))

    def expected_probability(self, probabilities: NDArray[np.float32], labels: tuple[int, ...]) -> NDArray[np.float32]:
        """Return `probability` of classes somebody asks for, who has reason to: theirs is no longer one of 521."""
        odds = self.probability(probabilities, labels).astype(np.float64)
        odds = np.exp(ASKED_FOR) * odds / np.maximum(1 - odds, np.finfo(np.float64).tiny)
        return np.asarray(1 - 1 / (1 + odds), np.float32)

    def _member_probability(self, probabilities: NDArray[np.float32], label: int) -> NDArray[np.float32]:
        own: NDArray[np.float32] = probabilities[:, list(self._ontology.subtree(label))].max(axis=1)
        family = self._ontology.family(label, FAMILY_SIZE)
        if family is None:
            return own
        others = [index for index in self._ontology.subtree(family) if not self._ontology.related(index, label)]
        likeliest = own >= probabilities[:, others].max(axis=1, initial=0.0)
        return np.asarray(np.where(likeliest, np.maximum(own, probabilities[:, family]), own))

    def _similarities(self, text: str) -> NDArray[np.float32]:
        words = PREAMBLE.sub("", text).strip().rstrip(".!?").lower() or text
        framed = [
            vectors @ self._embedder.embed([frame.format(words)])[0]
            for frame, vectors in zip(FRAMES, self._vectors, strict=True)
        ]
        best = np.full(len(self._ontology.names), -1.0, np.float32)
        np.maximum.at(best, self._labels, np.mean(framed, axis=0))
        best[list(SCENES)] = -1.0
        return best


def phrases(name: str) -> list[str]:
    """Return the texts a class stands for: its display name, the parts, with the bracket read along, its aliases."""
    whole = name.lower().replace(", etc.", "")
    bare = re.sub(r"(?<!\s)\s*\([^()]*\)", "", whole).strip()
    bracket = re.search(r"\(([^()]*)\)", whole)
    extra = [f"{bare} {bracket[1]}"] if bracket else []
    return list(dict.fromkeys([bare, *(part.strip() for part in bare.split(",")), *extra, *ALIASES.get(name, ())]))
