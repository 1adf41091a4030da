"""Apertium: translating text by rules and dictionaries, from and into English by networks too."""

import re
import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from pydantic import Field

from model_wrappers.contract.base import ModelConfig, RunContext, Work
from model_wrappers.contract.catalog import Limits, ModelCard, Requirement
from model_wrappers.contract.errors import AudioGPTError, InvalidInput, ModelUnavailable
from model_wrappers.contract.one_by_one import OneByOneModel
from model_wrappers.contract.tasks.base import MAX_TEXT_CHARACTERS
from model_wrappers.contract.tasks.speech_translation import SpeechTranslationRequest, SpeechTranslationResponse
from model_wrappers.embedded.apertium import network
from model_wrappers.embedded.apertium.pipeline import (
    MAX_PIECE_CHARACTERS,
    MODES,
    ApertiumPipeline,
    installed_pairs,
    known_share,
)
from model_wrappers.embedded.apertium.routes import (
    ENGLISH,
    Pair,
    Pairs,
    Routes,
    source_languages,
    target_languages,
    through_networks,
    ways,
)
from model_wrappers.embedded.apertium.text import finish, from_portuguese, prepare, without_tag_question
from model_wrappers.speech.numbers import changed_numbers, in_figures, written_as
from model_wrappers.speech.sentences import split_sentences

LARGEST_PAIR_MB = 630  # its programs, shared pages counted once: from Catalan into French; most pairs take 50 to 250
NEXT_PAIR_MB = 320  # each of those behind it by size
PROCESS_MEMORY_MB = 210  # with both networks and their passes
SAMPLE_CHARACTERS = 500  # of a text whose language is to be told
SURE_SHARE = 0.95  # of known words; no other language is tried then
LEAST_SHARE = 0.5
ASKED_FIRST = ("en", "es", "fr", "pt", "ca")  # languages texts are likely in, likeliest first

_WORD = re.compile(r"[\w'-]+")


class ApertiumConfig(ModelConfig):
    """Which ways translations take."""

    networks: bool = Field(
        default=True, description="Whether networks between English and Portuguese stand before rules, where they are"
    )
    from_english: str = Field(
        default="ca", description="Language that rules out of English go through; all others go through Spanish"
    )
    detours: tuple[str, ...] = Field(
        default=("en-es",), description="Pairs that take such a way although a direct pair is installed"
    )
    kept_pairs: int = Field(default=4, ge=1, le=32, description="Language pairs whose programs are kept running")


@dataclass(frozen=True)
class _Translation:
    """A sentence's translation, the words left as they were, and the numbers it lacks."""

    text: str
    unknown: tuple[str, ...]
    changed: tuple[str, ...]


class Apertium(OneByOneModel[SpeechTranslationRequest, SpeechTranslationResponse]):
    """Translate between the languages whose pairs are installed, through others where no pair joins them.

    From and into English a sentence goes through Portuguese, by Firefox's networks; by rules alone where these are not
    installed, reach no language, or lose a number or a sign of it.

    Source: Forcada et al., Apertium: a free/open-source platform for rule-based machine translation, 2011.
    """

    Config = ApertiumConfig
    config: ApertiumConfig
    _pairs: Pairs
    _rules: Routes
    _routes: tuple[Routes, ...]
    _running: OrderedDict[Pair, ApertiumPipeline]
    _networks: dict[Pair, network.NetworkTranslator]
    _lock: threading.Lock

    @classmethod
    def card(cls, config: ApertiumConfig) -> ModelCard:
        """Declare the model with the languages installed on this machine."""
        pairs = installed_pairs()
        return ModelCard(
            title="Apertium, English through Firefox's networks with Portuguese",
            tasks=("speech-translation",),
            method="classical",
            licence="GPL-2.0-or-later, run as programs of the machine, AND MIT AND MPL-2.0",
            source=f"Debian packages apertium and apertium-*; pypi:{network.PACKAGE}, models of Firefox Translations",
            revision="as installed; en-pt and pt-en tiny 1693087644",
            input_languages=source_languages(pairs),
            output_languages=target_languages(pairs),
            limits=Limits(max_characters=MAX_TEXT_CHARACTERS, unsupported=("audio", "speak")),
            memory_mb=LARGEST_PAIR_MB + NEXT_PAIR_MB * (config.kept_pairs - 1) + PROCESS_MEMORY_MB,
            requires=(
                Requirement(kind="executable", name="apertium", package="apertium", manager="apt"),
                Requirement(kind="file", name=str(MODES / "eng-spa.mode"), package="apertium-eng-spa", manager="apt"),
            ),
            reports_progress=True,
        )

    def load(self, device: str) -> None:
        """Find the installed pairs; their programs start when they are first needed."""
        self._pairs = installed_pairs()
        if not self._pairs:
            raise ModelUnavailable(f"No Apertium language pair is in {MODES}; run: apt-get install apertium-eng-spa")
        self._rules = Routes(self._pairs, self.config.from_english, self.config.detours)
        networks = (through_networks(self._pairs, network.NETWORKS),) if self._has_networks() else ()
        self._routes = (*networks, self._rules)
        self._running, self._networks = OrderedDict(), {}
        self._lock = threading.Lock()

    def warm_up(self) -> None:
        """Start the programs of the likeliest pair."""
        for way in self._ways("en", "es")[:1]:
            self._sentence("Hello.", way)

    def unload(self) -> None:
        """End the programs and release the networks."""
        self._networks.clear()
        while self._running:
            self._running.popitem()[1].close()

    def run_batch(
        self, requests: Sequence[SpeechTranslationRequest], context: RunContext
    ) -> list[SpeechTranslationResponse | AudioGPTError]:
        """Translate the texts one after another; a pair's programs answer one sentence at a time."""
        with self._lock:
            return super().run_batch(requests, context)

    def answer(self, request: SpeechTranslationRequest, work: Work) -> SpeechTranslationResponse:
        """Translate one text; a sentence takes milliseconds."""
        text, target = _text(request), request.target_language
        source = request.source_language or self._language_of(text)
        if source == target:
            return SpeechTranslationResponse(text=text, language=target, source_language=source)
        found = self._ways(source, target)
        if not found:
            raise InvalidInput(
                f"Apertium cannot translate from '{source}' into '{target}'; it knows "
                f"{', '.join(sorted(self._rules.reachable(source))) or 'nothing'} from '{source}'.",
                param="target_language",
            )
        paragraphs = self._translate(text, found, work)
        sentences = [sentence for paragraph in paragraphs for sentence in paragraph]
        unknown = [word for sentence in sentences for word in sentence.unknown if word in sentence.text]
        return SpeechTranslationResponse(
            text="\n".join(" ".join(sentence.text for sentence in paragraph) for paragraph in paragraphs),
            language=target,
            source_language=source,
            untranslated=tuple(dict.fromkeys(unknown)),
            changed_numbers=tuple(number for sentence in sentences for number in sentence.changed),
            rough=True,
        )

    def _ways(self, source: str, target: str) -> list[tuple[str, ...]]:
        """Return the ways between two languages, the best first; networks only where English is an end."""
        routes = self._routes if ENGLISH in (source, target) else (self._rules,)
        return ways(source, target, routes)

    def _has_networks(self) -> bool:
        return self.config.networks and network.installed()

    def _translate(self, text: str, found: Sequence[tuple[str, ...]], work: Work) -> list[list[_Translation]]:
        paragraphs = [list(_pieces(paragraph)) for paragraph in split_sentences(text)]
        count, done = sum(map(len, paragraphs)), 0
        translated: list[list[_Translation]] = []
        for paragraph in paragraphs:
            translated.append([])
            for sentence in paragraph:
                work.report(done / count)
                translated[-1].append(self._faithful(sentence, found))
                done += 1
        return translated

    def _faithful(self, sentence: str, found: Sequence[tuple[str, ...]]) -> _Translation:
        """Translate a sentence the first way that keeps its numbers, else the one that loses the fewest.

        Numbers in words are lost more easily than figures, so figures are tried where a way has lost some.
        """
        source, target = found[0][0], found[0][-1]
        tried: list[_Translation] = []
        for said in dict.fromkeys((sentence, in_figures(sentence, source))):
            for way in found:
                if way is found[-1] or network.keeps_signs(sentence):
                    text, unknown = self._sentence(said, way)
                    text = written_as(text, sentence, source, target)
                    tried.append(_Translation(text, unknown, changed_numbers(sentence, text, source, target)))
                    if not tried[-1].changed:
                        return tried[-1]
        return min(tried, key=lambda translation: len(translation.changed))

    def _sentence(self, sentence: str, route: Sequence[str]) -> tuple[str, tuple[str, ...]]:
        """Translate a sentence along a route of languages; return the words left as they were too."""
        source, target = route[0], route[-1]
        shouted = sentence.isupper() and " " in sentence
        asked = prepare(sentence.capitalize() if shouted else sentence, source)
        said, ending = without_tag_question(asked, source, target)
        hops = list(pairwise(route))
        by_network = hops[0] in network.NETWORKS and self._has_networks()
        text, unknown = said, tuple[str, ...]()
        if by_network:
            text = self._by_network(said, hops.pop(0))
        if hops:
            said, text, unknown = self._first_hop(text, hops.pop(0))
        for hop in hops:
            text = " ".join(text.split())
            if hop in network.NETWORKS and self._has_networks():
                text = self._by_network(text, hop)
            else:
                text, more = self._pipeline(hop).translate(text)
                unknown += more
        text = finish(text, said, target, ending)
        text = from_portuguese(text, asked) if by_network and target == "es" else text
        return (text.upper(), tuple(word.upper() for word in unknown)) if shouted else (text, unknown)

    def _first_hop(self, sentence: str, hop: tuple[str, str]) -> tuple[str, str, tuple[str, ...]]:
        """Translate, again with those unknown words in capitals that are names: speech and chat write them small.

        Returns:
            The sentence as it was understood, its translation, and the words left as they were.
        """
        text, unknown = self._pipeline(hop).translate(sentence)
        small = {word for word in unknown if word.islower()}
        if small:
            _, still_unknown = self._pipeline(hop).translate(_capitalised(sentence, small))
            names = small - {word.lower() for word in still_unknown}
            if names:
                sentence = _capitalised(sentence, names)
                text, unknown = self._pipeline(hop).translate(sentence)
        return sentence, text, unknown

    def _by_network(self, sentence: str, pair: Pair) -> str:
        if pair not in self._networks:
            self._networks[pair] = network.NetworkTranslator(network.NETWORKS[pair], "-".join(pair))
        return self._networks[pair].translate(sentence)

    def _pipeline(self, pair: Pair) -> ApertiumPipeline:
        """Return the running programs of a pair; those not used for longest make room."""
        running = self._running.pop(pair, None)
        if running is None or running.closed:
            running = ApertiumPipeline(self._pairs[pair])
        self._running[pair] = running
        while len(self._running) > self.config.kept_pairs:
            self._running.popitem(last=False)[1].close()
        return running

    def _language_of(self, text: str) -> str:
        """Return the language whose dictionary knows most of the text's words."""
        sample = text[:SAMPLE_CHARACTERS]
        shares: dict[str, float] = {}
        for language in sorted(source_languages(self._pairs), key=_asking_order):
            mode = next(mode for (source, _), mode in self._pairs.items() if source == language)
            shares[language] = known_share(mode, sample)
            if shares[language] >= SURE_SHARE:
                break
        best = max(shares, key=lambda language: shares[language])
        if shares[best] < LEAST_SHARE:
            raise InvalidInput(
                "The text's language cannot be told from its words; set 'source_language' to one of: "
                f"{', '.join(source_languages(self._pairs))}.",
                param="source_language",
            )
        return best


def _text(request: SpeechTranslationRequest) -> str:
    if request.text is None or request.speak:
        raise InvalidInput(
            "Apertium translates text into text; have speech written down by speech-recognition first, and the "
            "translation spoken by text-to-speech.",
            param="audio" if request.text is None else "speak",
        )
    if not request.text.strip():
        raise InvalidInput("The text to translate is blank; write something.", param="text")
    return request.text


def _pieces(sentences: Sequence[str]) -> Iterator[str]:
    """Cut sentences that are longer than the programs take at once, at a blank if there is one."""
    for sentence in sentences:
        rest = "".join(letter if letter.isprintable() else " " for letter in sentence).strip()
        while len(rest) > MAX_PIECE_CHARACTERS:
            cut = rest.rfind(" ", 1, MAX_PIECE_CHARACTERS) + 1 or MAX_PIECE_CHARACTERS
            yield rest[:cut].strip()
            rest = rest[cut:].strip()
        if rest:
            yield rest


def _capitalised(sentence: str, chosen: set[str]) -> str:
    return _WORD.sub(lambda found: found[0].capitalize() if found[0] in chosen else found[0], sentence)


def _asking_order(language: str) -> int:
    return ASKED_FIRST.index(language) if language in ASKED_FIRST else len(ASKED_FIRST)
