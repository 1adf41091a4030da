"""A voice told in words, found among the voices that models in service name: "a British woman" is `en-gb+f2`."""

import re

from model_wrappers.contract.catalog import Catalog

REGIONS = {
    "american": "us",
    "belgian": "be",
    "brazilian": "br",
    "british": "gb",
    "caribbean": "029",
    "english": "gb",
    "scottish": "scotland",
    "swiss": "ch",
}
WOMEN = frozenset({"female", "woman", "woman's", "lady", "lady's", "girl", "girl's"})
MEN = frozenset({"male", "man", "man's", "boy", "boy's", "guy"})
_PLAIN = frozenset({"in", "with", "by", "using", "a", "an", "voice", "accent", "and"})
_FEMALE = re.compile(r"\+f\d*$")


def find_voice(wish: str, language: str, catalog: Catalog) -> tuple[str, str] | None:
    """Return model and voice that are all a wish asks for, or None where none is.

    Args:
        wish: Words for a voice.
        language: Language of what is to be said, ISO 639-1.
        catalog: Models in service.
    """
    words = set(re.findall(r"[\w']+", wish.lower())) - _PLAIN
    region = next((REGIONS[word] for word in words if word in REGIONS), None)
    woman, man = bool(words & WOMEN), bool(words & MEN)
    if not words or words - REGIONS.keys() - WOMEN - MEN:
        return None
    for entry in catalog.for_task("text-to-speech"):
        voices = entry.card.voices.get(language, ())
        told = any(_FEMALE.search(voice) for voice in voices)  # whether the names tell women from men
        for voice in voices if told else ():
            there = region is None or region in re.split(r"[-+]", voice)
            if there and (bool(_FEMALE.search(voice)) == woman or not (woman or man)):
                return entry.id, voice
    return None
