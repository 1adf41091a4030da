"""Arguments of the tasks that take an audio and listen to it or change it."""

import re
from collections.abc import Sequence
from dataclasses import replace

from llm_planner.offline.arguments.manners import wants_word_times
from llm_planner.offline.arguments.names import sound_to_find
from llm_planner.offline.arguments.scene import (
    Arguments,
    Build,
    Scene,
    audio_of,
    on_audio,
    points_back,
)
from llm_planner.offline.sources.collected import Source, Sources
from llm_planner.offline.sources.references import named
from llm_planner.offline.words.directions import find_azimuth
from llm_planner.offline.words.language_names import find_languages
from llm_planner.offline.words.lists import mentions, phrases
from llm_planner.offline.words.times import find_range, with_digits
from llm_planner.plans.plan import FromStep, Step

_COUNT = re.compile(
    r"\b(?P<count>[2-8]) (?:\w+ )?(?:speakers|voices|people|persons|men|women|talkers|guys|kids|tracks|files|"
    r"colleagues|friends|guests|participants|streams|students|children|stems|sources|hosts|parts|speaker)\b",
    re.IGNORECASE,
)
_ELEVATION = re.compile(
    r"(?P<value>\d{1,7}(?:\.\d{1,7})?) ?(?:degrees?|°) ?(?P<way>up|above|down|below)|\b(?P<word>above|overhead|below|"
    r"beneath)\b",
    re.IGNORECASE,
)
_DISTANCE = re.compile(
    r"(?P<value>\d{1,7}(?:\.\d{1,7})?) ?(?:m|meters?|metres?) (?:away|distance|far|off)\b", re.IGNORECASE
)


def _recognition(scene: Scene) -> Arguments:
    times = wants_word_times(scene.clause) or None
    return on_audio(scene, {"language": find_languages(scene.whole).source, "word_times": times})


def _plain(scene: Scene) -> Arguments:
    return on_audio(scene)


def _separation(scene: Scene) -> Arguments:
    match = _COUNT.search(with_digits(scene.whole))
    count = int(match["count"]) if match else None
    return on_audio(scene, {"speakers": count if count and count != 2 else None})


def _binaural(scene: Scene) -> Arguments:
    azimuth = find_azimuth(scene.clause)
    if azimuth is None and scene.context:
        azimuth = find_azimuth(scene.context)
    match = _ELEVATION.search(with_digits(scene.clause))
    elevation = None
    if match:
        sign = -1.0 if (match["way"] or match["word"]).lower() in ("down", "below", "beneath") else 1.0
        elevation = sign * float(match["value"] or 90)
    if match and match["value"]:
        azimuth = find_azimuth(scene.clause.replace(match[0], ""))
    distance = _DISTANCE.search(with_digits(scene.clause))
    return on_audio(
        scene,
        {"azimuth": azimuth, "elevation": elevation, "distance": float(distance["value"]) if distance else None},
    )


def _inpainting(scene: Scene) -> Arguments:
    found = audio_of(scene)
    length = found[0].duration_s if found else None
    start, end = scene.answers.get("start"), scene.answers.get("end")
    stretch = find_range(scene.clause, length) or find_range(scene.whole, length)
    if stretch and start is None:
        start, end = stretch
    missing = tuple(name for name, value in (("start", start), ("end", end)) if value is None)
    return on_audio(scene, {"start": start, "end": end}, missing)


def _target(scene: Scene) -> str | None:
    answer = scene.answers.get("target")
    if answer:
        return str(answer)
    found = sound_to_find(scene)
    return found or (_last_target(scene.steps) if points_back(scene.clause) else None)


def _last_target(steps: Sequence[Step]) -> str | None:
    """Return the sound that was last looked for or taken out: "it" in "and tell me when it starts"."""
    targets = [step.arguments.get("target") for step in reversed(steps)]
    return next((target for target in targets if isinstance(target, str)), None)


def _extraction(scene: Scene) -> Arguments:
    target = _target(scene)
    return on_audio(_before_taking_out(scene, target), {"target": target}, () if target else ("target",))


def _before_taking_out(scene: Scene, target: str | None) -> Scene:
    """Leave out what holds only another sound, unless the clause points at it."""
    apart = {
        step.id
        for step in scene.steps
        if step.task == "sound-extraction" and not _same_sound(step.arguments.get("target"), target)
    }
    if not target or mentions("in_the_result", scene.clause):
        return scene
    kept = [
        s for s in scene.sources.items if not (isinstance(s.value, FromStep) and s.value.source.split(".")[0] in apart)
    ]
    return replace(scene, sources=Sources(kept))


def _same_sound(one: object, other: str | None) -> bool:
    """Tell whether two names of sounds share a word."""
    if not isinstance(one, str) or other is None:
        return False
    return bool(
        {word.rstrip("s") for word in one.lower().split()} & {word.rstrip("s") for word in other.lower().split()}
    )


def _target_detection(scene: Scene) -> Arguments:
    attached = scene.sources.attachments("audio")
    target = _target(scene)
    if len(attached) > 1 and (
        target is None or mentions("sample", scene.clause) or len(scene.masked.files_in(scene.clause)) > 1
    ):
        reference, searched = _reference_and_searched(scene, attached)
        return Arguments(({"audio": searched.value, "reference": reference.value},), (), (searched,))
    return on_audio(_before_taking_out(scene, target), {"target": target}, () if target else ("target",))


def _reference_and_searched(scene: Scene, attached: list[Source]) -> tuple[Source, Source]:
    """Tell the sample from the long recording: "of the second one in the first one"."""
    *_, place = phrases("inside").split(scene.clause)
    found = named(place, scene.masked, scene.sources, "audio") if place != scene.clause else []
    if found and found[0] in attached:
        return next(source for source in attached if source is not found[0]), found[0]
    return attached[1], attached[0]


BUILDERS: dict[str, Build] = {
    "speech-recognition": _recognition,
    "speech-enhancement": _plain,
    "speech-separation": _separation,
    "mono-to-binaural": _binaural,
    "audio-inpainting": _inpainting,
    "sound-extraction": _extraction,
    "sound-detection": _plain,
    "target-sound-detection": _target_detection,
    "audio-captioning": _plain,
}
