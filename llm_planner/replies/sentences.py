"""One sentence on what a finished step made, by task; every value in it comes from the step's result."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from llm_planner.plans.plan import FromArtifact, FromStep, Step
from llm_planner.plans.results import StepResult
from model_wrappers.contract.languages import language_name

QUOTED_CHARACTERS = 4_000
EVENTS_SHOWN = 12
STRETCHES_SHOWN = 5
SURE = 0.5  # probability of a language or of a sound from which it is stated


@dataclass(frozen=True)
class Done:
    """A finished step with the session's names of what it took and made."""

    step: Step
    result: StepResult
    names: Mapping[str, str]

    @property
    def made(self) -> str:
        """Names of the step's artifacts that people listen to or look at, with their lengths."""
        shown = [(path, ref) for path, ref in self.result.artifacts.items() if ref.kind in ("audio", "video", "image")]
        named = (self.names[f"{self.result.id}.{path}"] + _length(ref.duration_s) for path, ref in shown)
        return listed(list(named)) or "no file"

    def given(self, argument: str, fallback: str = "it") -> str:
        """Name what an argument was: an artifact by name, a literal as it is."""
        value = self.step.arguments.get(argument)
        if isinstance(value, FromArtifact):
            return self.names.get(value.artifact, value.artifact)
        if isinstance(value, FromStep):
            return self.names.get(value.source, fallback)
        return fallback if value is None else str(value)

    def quoted(self, output: str) -> str:
        """Quote a text output on one line."""
        text = " ".join(str(self.result.outputs.get(output) or "").split())
        return f"“{text if len(text) <= QUOTED_CHARACTERS else text[:QUOTED_CHARACTERS] + '…'}”"


def sentence(done: Done) -> str:
    """Say what a finished step made."""
    write = SENTENCES.get(done.result.task)
    return write(done) if write else f"{done.result.task} made {done.made}."


def listed(items: Sequence[str]) -> str:
    """Join items as people do: a, b and c."""
    return " and ".join([", ".join(items[:-1]), items[-1]] if len(items) > 1 else items)


def _recognised(done: Done) -> str:
    doubts = _doubts(done.result.outputs)
    if not str(done.result.outputs.get("text") or "").strip():
        return f"I heard no words in {done.given('audio')}.{doubts}"
    return f"{done.given('audio', 'The audio')} says: {done.quoted('text')}{doubts}"


def _doubts(outputs: Mapping[str, Any]) -> str:
    """Say of which stretches the words could not be made out, and how unsure the language is."""
    probability = float(outputs.get("language_probability") or 1)
    unsure = probability < SURE and str(outputs.get("text") or "").strip()
    name = language_name(str(outputs.get("language"))).capitalize()
    language = f" I am not sure that it is {name} ({100 * probability:.0f} %)." if unsure else ""
    stretches = list(outputs.get("unclear") or ())
    worded = [f"{each['end'] - each['start']:.0f} s at {_clock(each['start'])}" for each in stretches[:STRETCHES_SHOWN]]
    more = len(stretches) - len(worded)
    unclear = f" I could not make out {listed([*worded, *([f'{more} more'] if more > 0 else [])])}." if worded else ""
    return language + unclear


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02}"


def _translated(done: Done) -> str:
    if not str(done.result.outputs.get("text") or "").strip():
        return f"I heard no words to translate in {done.given('audio')}."
    spoken = f" Spoken, it is {done.made}." if done.result.artifacts.get("audio") else ""
    untranslated = done.result.outputs.get("untranslated") or ()
    left = f" I do not know these words and left them: {listed([str(word) for word in untranslated])}."
    rough = " It is rough: check numbers, doses and the sense before you rely on it."
    changed = [str(number) for number in done.result.outputs.get("changed_numbers") or ()]
    lost = f" Some numbers may be lost or wrong in it: {listed(changed)}." if changed else ""
    return (
        f"The translation ({done.result.outputs.get('language')}): {done.quoted('text')}"
        f"{spoken}{left if untranslated else ''}{lost}{rough if done.result.outputs.get('rough') else ''}"
        f"{_doubts(done.result.outputs)}"
    )


def _converted(done: Done) -> str:
    outputs = done.result.outputs
    near = outputs.get("similarity")
    likeness = f" Likeness to the voice: {near:.2f}; from about 0.7 on it is taken for one speaker." if near else ""
    kept = (outputs.get("share") or 1) < 1
    part = " I went only part of the way to it, because more would have spoilt the speech." if kept else ""
    return f"In the voice of {done.given('reference')}: {done.made}.{likeness}{part}"


def _separated(done: Done) -> str:
    count = sum(path.startswith("speakers.") for path in done.result.artifacts)
    echo = (
        " The room echoes long, so parts of them may still be mixed." if done.result.outputs.get("reverberant") else ""
    )
    return f"I split {done.given('audio')} into {count} voices: {done.made}.{echo}"


def _extracted(done: Done) -> str:
    matched = [str(label) for label in done.result.outputs.get("matched") or ()]
    understood = f" (understood as {listed(matched)})" if matched else ""
    voices = _voices_told(done)
    if done.result.outputs.get("unchanged"):
        heard = f"I heard nothing beside “{done.given('target')}”{understood} in {done.given('audio')}"
        return f"{heard}, so I took nothing away: {done.made}.{voices}"
    return f"I kept only “{done.given('target')}”{understood} of {done.given('audio')}: {done.made}.{voices}"


def _voices_told(done: Done) -> str:
    """Say how one voice of several was told from the other, or that it was not."""
    pitches = [f"{pitch:.0f} Hz" for pitch in done.result.outputs.get("pitches_hz") or ()]
    if done.result.outputs.get("all_voices"):
        why = f" (their pitches are {listed(pitches)})" if len(pitches) > 1 else ""
        return f" I cannot tell the voices apart{why}: any other one is still in it."
    if len(pitches) < 2:
        return ""
    return f" The voice I kept has a pitch of {pitches[0]}, the other one of {pitches[1]}."


def _inpainted(done: Done) -> str:
    outputs = done.result.outputs
    start, end = (outputs.get(name, done.given(name)) for name in ("start", "end"))
    method = f" Method: {outputs['method']}." if outputs.get("method") else ""
    return f"I filled {start} s to {end} s of {done.given('audio')}: {done.made}.{method}"


def _detected(done: Done) -> str:
    events = _events(done.result.outputs)
    if not events:
        return f"I recognised no sound in {done.given('audio')}."
    worded = [f"{_perhaps(event)}{event['label']} ({_span(event)})" for event in events]
    return f"In {done.given('audio')} I hear {_shown(worded)}."


def _perhaps(event: Mapping[str, Any]) -> str:
    return "perhaps " if event.get("probability", 1.0) < SURE else ""


def _found(done: Done) -> str:
    events = _events(done.result.outputs)
    target = f"“{done.given('target')}”" if done.step.arguments.get("target") else done.given("reference")
    if not events:
        return f"I did not hear {target} in {done.given('audio')}."
    return f"{target} is heard in {done.given('audio')} at {_shown([_span(event) for event in events])}."


def _generated(done: Done) -> str:
    sources = [str(source) for source in done.result.outputs.get("sources") or ()]
    credit = f" It is made of: {'; '.join(sources)}." if sources else ""
    missing = [f"“{words}”" for words in done.result.outputs.get("left_out") or ()]
    nearest = f" It is the nearest I have, without {listed(missing)}." if missing else ""
    return f"I made the sound of “{done.given('text')}”: {done.made}.{nearest}{credit}"


def _portrayed(done: Done) -> str:
    default = "" if done.step.arguments.get("image") else " No picture was given, so the face is the default one."
    return f"The talking portrait is {done.made}.{default}"


def _binaural(done: Done) -> str:
    direction = f", from {done.given('azimuth')} degrees" if "azimuth" in done.step.arguments else ""
    return f"The binaural version of {done.given('audio')}{direction} is {done.made}; use headphones."


SENTENCES: dict[str, Callable[[Done], str]] = {
    "speech-recognition": _recognised,
    "speech-translation": _translated,
    "style-transfer": _converted,
    "speech-enhancement": lambda done: f"I removed the noise from {done.given('audio')}: {done.made}.",
    "speech-separation": _separated,
    "mono-to-binaural": _binaural,
    "audio-inpainting": _inpainted,
    "sound-extraction": _extracted,
    "sound-detection": _detected,
    "target-sound-detection": _found,
    "talking-head-synthesis": _portrayed,
    "text-to-speech": lambda done: f"The text, spoken, is {done.made}.",
    "text-to-audio": _generated,
    "audio-captioning": lambda done: f"What I hear in {done.given('audio')}: {done.quoted('text')}",
    "image-to-audio": lambda done: f"I see {done.quoted('text')} in the picture; its sound is {done.made}.",
    "singing-synthesis": lambda done: f"The song is {done.made}.",
}


def _events(outputs: Mapping[str, Any]) -> list[dict[str, Any]]:
    return list(outputs.get("events") or ())


def _span(event: Mapping[str, Any]) -> str:
    return f"{event['onset']:.1f} to {event['offset']:.1f} s"


def _shown(worded: Sequence[str]) -> str:
    more = len(worded) - EVENTS_SHOWN
    return f"{', '.join(worded[:EVENTS_SHOWN])} and {more} more" if more > 0 else listed(worded)


def _length(duration_s: float | None) -> str:
    return "" if duration_s is None else f" ({duration_s:.1f} s)"
