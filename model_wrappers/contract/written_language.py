"""The language a text is written in, where nobody says it: by its script, its commonest words and its letters."""

import re
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

ENGLISH = "en"
LEAST_WORDS = 2  # in Latin letters; a single one may be a name
ENGLISH_SHARE = 0.2  # of the words, from which on a text is English whatever its letters look like
SURE = 0.4  # least probability of another language
ACCENTED_SURE = 0.2  # the same where letters or marks are not English
LIKELIER = 20.0  # times, than English
_CANDIDATES = """
ar bg bn ca cs cy da de el en es et eu fa fi fr ga gl gu he hi hr hu hy id is it ja ka kk km kn ko lo lt lv mk ml
mn mr ms mt my ne nl nn no pa pl pt ro ru si sk sl sq sr sv sw ta te th tr uk ur uz vi zh
"""
CANDIDATES = frozenset(_CANDIDATES.split())
SAME = {"nn": "no"}
_COMMON = """
about and are been but can could don't for from have he hello here his how i'm i've is it it's its let's my not
of our please she thank thanks that the their there they this to was we were what when where which who will with
would you you're your
"""
_ENGLISH_WORDS = frozenset(_COMMON.split())
# What people greet and thank with, too short for statistics; those with a star are enough alone.
_PHRASES = {
    "de": "guten gute tag morgen abend nacht danke* dankeschön* bitte sehr auf wiedersehen* tschüss* willkommen* "
    "schön herzlich hallo wie geht geht's es dir ihnen bis bald liebe grüße entschuldigung*",
    "fr": "bonjour* bonsoir* salut merci* beaucoup au revoir à bientôt s'il vous te plaît bonne bon nuit soirée "
    "journée bienvenue* oui madame monsieur comment ça va allez tout le monde enchanté*",
    "es": "hola* buenos buenas días dias tardes noches gracias* muchas adiós* por favor hasta luego mañana bienvenido* "
    "bienvenidos* qué tal cómo estás está señor señora amigos de nada lo siento mucho gusto",
    "it": "buongiorno* buonasera* buonanotte* buona buon giorno sera notte grazie* mille tante prego per favore "
    "arrivederci* benvenuti* benvenuto* come stai va a tutti ciao amici scusi*",
    "pt": "olá* oi bom boa dia tarde noite obrigado* obrigada* muito por favor tchau* até logo amanhã bem vindo vindos "
    "tudo você está como vai",
    "nl": "goedemorgen* goedemiddag* goedenavond* goede goeden morgen middag avond nacht dag dank je u wel dankjewel* "
    "bedankt* tot ziens straks alstublieft* alsjeblieft* hallo hoe gaat het welkom*",
    "pl": "dzień dobry* wieczór dziękuję* bardzo cześć* do widzenia* dobranoc* proszę* jak się masz",
    "sv": "god godmorgon* morgon kväll natt tack* så mycket hej då välkommen* hur mår du",
    "da": "god godmorgen* aften nat tak mange farvel* velkommen hvordan går det",
    "no": "god kveld natt takk* tusen velkommen hvordan går det",
    "cs": "dobrý* den večer dobré ráno děkuji* ahoj na shledanou* prosím* jak se máš",
    "fi": "hyvää* huomenta päivää iltaa yötä kiitos* paljon näkemiin* terve tervetuloa* mitä kuuluu",
    "hu": "jó napot reggelt estét éjszakát köszönöm* szépen szia viszontlátásra* hogy vagy",
    "ro": "bună ziua dimineața seara mulțumesc* mult la revedere* ce mai faci",
    "tr": "merhaba* günaydın* iyi günler akşamlar geceler teşekkürler* teşekkür ederim nasılsın* hoş geldiniz geldin",
}
_WORDS = {code: frozenset(words.replace("*", "").split()) for code, words in _PHRASES.items()}
_ENOUGH = {word[:-1]: code for code, words in _PHRASES.items() for word in words.split() if word.endswith("*")}
MAX_PHRASE_WORDS = 6
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_LATIN_END = "\u0250"  # the first letter past the Latin ones of European languages
_SPANISH_MARKS = "¿¡"


def written_language(text: str) -> str:
    """Return the ISO 639-1 code of the language of a text; English where it is not clear.

    Source: py3langid, after Lui and Baldwin, "langid.py", ACL 2012, of which no more than `CANDIDATES` are believed.
    """
    letters = [letter for letter in text if letter.isalpha()]
    if 2 * sum(letter < _LATIN_END for letter in letters) < len(letters):
        return _likeliest(text)[0]
    words = [word.lower().replace("’", "'") for word in _WORD.findall(text)]
    if sum(word in _ENGLISH_WORDS for word in words) >= ENGLISH_SHARE * len(words):
        return ENGLISH
    if phrase := _phrase_language(words):
        return phrase
    if len(words) < LEAST_WORDS:
        return ENGLISH
    language, probability, english = _likeliest(text)
    accented = any(not letter.isascii() for letter in letters) or any(mark in text for mark in _SPANISH_MARKS)
    clear = probability >= max(ACCENTED_SURE if accented else SURE, LIKELIER * english)
    return language if clear else ENGLISH


def _phrase_language(words: list[str]) -> str | None:
    """Return the language of a greeting or thanks, in which one word may be a name."""
    if not 0 < len(words) <= MAX_PHRASE_WORDS:
        return None
    found = {code: sum(word in known for word in words) for code, known in _WORDS.items()}
    language = max(found, key=lambda code: found[code])
    if found[language] >= max(LEAST_WORDS, len(words) - 1):
        return language
    first = _ENOUGH.get(words[0])
    return first if len(words) <= LEAST_WORDS else None


def _likeliest(text: str) -> tuple[str, float, float]:
    """Return the likeliest language with its probability, and that of English."""
    ranked = {code: float(probability) for code, probability in _identifier().rank(text) if code in CANDIDATES}
    code = max(ranked, key=lambda code: ranked[code])
    return SAME.get(code, code), ranked[code], ranked[ENGLISH]


@cache
def _identifier() -> "LanguageIdentifier":
    """Load the model, half a second and 76 MiB, when a text is first in doubt."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
