"""Requests in which something is missing: a file, a language, a stretch of time, a sound, a text, a voice."""

import random
import re
from collections.abc import Callable, Sequence

from training.planner.examples import CODES, Example, marked
from training.planner.phrases import PHRASES, Speaker
from training.planner.shapes import tree

_VAGUE = {"st": "target_language", "ai": "start", "sx": "target", "td": "target"}
_ALONE = {"ts": "text", "ta": "text", "ia": "image"}
_FRIENDS = ("my brother", "my boss", "our teacher", "a friend of mine", "my late aunt")
_TAKES_RECORDING = frozenset(CODES[code] for code in ["se", "ss", "sr", "ai", "sx", "ac", "st", "mb", "sd", "td"])


def lacking(rng: random.Random, join: Callable[[Sequence[str]], str]) -> Example:
    """Return a request that cannot be done before something is asked."""
    way = rng.random()
    if way < 0.45:
        return _without_recording(rng, join)
    if way < 0.75:
        return _vague(rng, join)
    if way < 0.85:
        like = rng.choice(("in the voice of", "like", "with the voice of", "so that it sounds like"))
        text = f'{rng.choice(("say", "speak", "read"))} "{rng.choice(PHRASES["quote"])}" {like} {rng.choice(_FRIENDS)}'
        return Example(_dressed(marked(0, text), rng), (), "clarify", "reference", (CODES["vc"],))
    code = rng.choice(list(_ALONE))
    text = rng.choice(PHRASES[f"lack.{code}"])
    return Example(_dressed(marked(0, text), rng), (), "clarify", _ALONE[code], (CODES[code],))


def _without_recording(rng: random.Random, join: Callable[[Sequence[str]], str]) -> Example:
    while True:
        tasks, edges = tree(rng, rng.choice((1, 1, 1, 2, 3)))
        if rng.random() < 0.2:
            tasks, edges = (CODES[rng.choice(("sd", "td"))],), ()
        if tasks[0] in _TAKES_RECORDING and not {CODES["vc"], CODES["th"]} & set(tasks):
            break
    speaker = Speaker(rng, tasks, edges)
    speaker.audio = ""
    text = join([speaker.say(step, "I") for step in range(len(tasks))])
    text = re.sub(r"\bit\b(?= (?:is|has|was)\b)", "the recording", text)
    return Example(text[0].upper() + text[1:], (), "clarify", "audio", tasks, edges)


def _vague(rng: random.Random, join: Callable[[Sequence[str]], str]) -> Example:
    code = rng.choice(list(_VAGUE))
    before = rng.choice(((), (), ("se",)))
    after = rng.choice(((), (), ("mb",))) if code != "td" and code != "st" else ()
    tasks = tuple(CODES[c] for c in (*before, code, *after))
    edges = tuple((step, step + 1) for step in range(len(tasks) - 1))
    speaker = Speaker(rng, tasks, edges)
    parts = [
        speaker.say(step, "I")
        if task != CODES[code]
        else marked(step, rng.choice(PHRASES[f"lack.{code}"]).replace("{o}", speaker.source(step)))
        for step, task in enumerate(tasks)
    ]
    return Example(_dressed(join(parts), rng), speaker.files, "clarify", _VAGUE[code], tasks, edges)


def _dressed(text: str, rng: random.Random) -> str:
    return rng.choice(("Please ", "Could you ", "", "")) + text + rng.choice((".", "", "?"))
