"""Apertium's installed language pairs, and the chains of programs that translate with them.

The programs and their arguments come from the mode files of installed packages, and no shell reads them.
"""

import os
import re
import select
import shlex
import subprocess
import time
from pathlib import Path
from typing import IO

from model_wrappers.contract.errors import ModelFailed, ModelUnavailable
from model_wrappers.contract.languages import language_code

MODES = Path("/usr/share/apertium/modes")  # where Debian's language pairs describe their chains
START_TIMEOUT_S = 10.0
ANSWER_TIMEOUT_S = 30.0  # a sentence takes 3 to 10 ms, and the first one a second more
MAX_PIECE_CHARACTERS = 2_000  # at most 8 KB: fits into a pipe, so that writing it cannot block
MAX_ANSWER_BYTES = 1_000_000

_PAIR = re.compile(r"([a-z]{2,3})-([a-z]{2,3})")  # without the regional variants
_RESERVED = re.compile(r"([\^$\[\]{}/\\<>])")
_ALSO_A_MARK = re.compile(r"([*#@])")
_BLANK_OR_ESCAPE = re.compile(r"\[((?:[^\[\]\\]|\\.)*)\]|\\(.)")
_MARKED = re.compile(r"(?<![*#@])[*#@]+(?=\w)(?P<word>[\w'’-]*)")
_END = "[][\n]"  # the sentence ends here, as Apertium's own formatter tells the chain


def installed_pairs(modes: Path = MODES) -> dict[tuple[str, str], Path]:
    """Return the mode files of the installed pairs by source and target language (ISO 639-1)."""
    pairs = {}
    for mode in sorted(modes.glob("*.mode")):
        if found := _PAIR.fullmatch(mode.stem):
            source, target = (language_code(code) or code for code in found.groups())
            pairs[source, target] = mode
    return pairs


def known_share(mode: Path, text: str) -> float:
    """Return the share of a text's words that the pair's source language knows; 0 for a text without words.

    Raises:
        ModelFailed: If the analyser fails or does not answer in time.
    """
    analyser = _commands(mode, flush=False)[0]
    try:
        done = subprocess.run(  # noqa: S603
            analyser, input=_encode(text).encode(), capture_output=True, timeout=ANSWER_TIMEOUT_S, check=True
        )
    except (OSError, subprocess.SubprocessError) as exc:
        raise ModelFailed(f"Apertium's analyser of '{mode.stem}' failed: {exc}.") from exc
    words = [found for found in re.findall(r"\^([^/^$]+)/(\*?)", done.stdout.decode()) if found[0][0].isalpha()]
    return sum(not unknown for _, unknown in words) / len(words) if words else 0.0


class ApertiumPipeline:
    """One language pair's programs, kept running; each sentence is flushed through them."""

    def __init__(self, mode: Path) -> None:
        """Start the programs.

        Raises:
            ModelUnavailable: If one of them cannot be started.
        """
        self.closed = False
        self._name = mode.stem
        self._programs: list[subprocess.Popen[bytes]] = []
        source: int | IO[bytes] = subprocess.PIPE
        try:
            for command in _commands(mode, flush=True):
                program = subprocess.Popen(  # noqa: S603
                    command, stdin=source, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
                )
                if not isinstance(source, int):
                    source.close()
                self._programs.append(program)
                source = _pipe(program.stdout)
        except OSError as exc:
            self.close()
            raise ModelUnavailable(f"Apertium's pair '{self._name}' does not start: {exc}.") from exc

    def translate(self, sentence: str) -> tuple[str, tuple[str, ...]]:
        """Translate a sentence.

        Args:
            sentence: At most `MAX_PIECE_CHARACTERS`, without line breaks.

        Returns:
            The translation and the words it does not know, which stand in it as they were.

        Raises:
            ModelFailed: If a program died or did not answer in time; the pipeline is closed then.
        """
        try:
            entry = _pipe(self._programs[0].stdin)
            entry.write(f"{_encode(sentence)}{_END}\0".encode())
            entry.flush()
            answer = self._read()
            if answer.count("\0") > 1 or not answer.endswith(f"{_END}\0"):
                raise OSError("its answer is not whole")
        except (OSError, ValueError) as exc:
            self.close()
            raise ModelFailed(f"Apertium's pair '{self._name}' stopped: {exc}; it is started anew.") from exc
        return _decode(answer.removesuffix(f"{_END}\0"))

    def close(self) -> None:
        """End the programs."""
        self.closed = True
        for program in self._programs:
            program.kill()
        for program in self._programs:
            program.wait()
            for pipe in (program.stdin, program.stdout):
                if pipe is not None:
                    pipe.close()

    def _read(self) -> str:
        exit_fd = _pipe(self._programs[-1].stdout).fileno()
        deadline, answer = time.monotonic() + ANSWER_TIMEOUT_S, b""
        while not answer.endswith(b"\0"):
            if not select.select([exit_fd], [], [], max(0.0, deadline - time.monotonic()))[0]:
                raise OSError(f"no answer within {ANSWER_TIMEOUT_S:g} s")
            part = os.read(exit_fd, 65_536)
            if not part or len(answer) > MAX_ANSWER_BYTES:
                raise OSError("a program ended" if not part else f"more than {MAX_ANSWER_BYTES:,} bytes")
            answer += part
        return answer.decode(errors="replace")


def _commands(mode: Path, *, flush: bool) -> list[list[str]]:
    """Return the programs of a mode file with their arguments, told to mark unknown words."""
    try:
        text = mode.read_text() if not flush else _flushing(mode)
    except (OSError, subprocess.SubprocessError) as exc:
        raise ModelUnavailable(f"Apertium's pair '{mode.stem}' cannot be read: {exc}.") from exc
    words = shlex.shlex(text, posix=True, punctuation_chars="|")
    words.whitespace_split = True
    commands: list[list[str]] = [[]]
    for word in words:
        if word == "|":
            commands.append([])
        elif word != "$2":  # an option of the tagger that nobody needs
            commands[-1].append("-g" if word == "$1" else word)
    return commands


def _flushing(mode: Path) -> str:
    """Return the text of a mode file in which every program flushes at a null character."""
    done = subprocess.run(  # noqa: S603
        ["apertium-wblank-mode", "-z", str(mode)],  # noqa: S607
        capture_output=True, text=True, timeout=START_TIMEOUT_S, check=True,
    )  # fmt: skip
    return done.stdout


def _encode(text: str) -> str:
    """Escape what the chain would take for its own signs; it passes on unread what stands in brackets."""
    return _ALSO_A_MARK.sub(r"[\1]", _RESERVED.sub(r"\\\1", text))


def _decode(answer: str) -> tuple[str, tuple[str, ...]]:
    """Take the marks of unknown words away and the text out of the chain's escapes."""
    kept: list[str] = []

    def keep(found: re.Match[str]) -> str:
        kept.append(re.sub(r"\\(.)", r"\1", found[1] or "") if found[2] is None else found[2])
        return "\0"

    text = _BLANK_OR_ESCAPE.sub(keep, answer)
    unknown = tuple(found["word"] for found in _MARKED.finditer(text))
    literals = iter(kept)
    return re.sub("\0", lambda _: next(literals), _MARKED.sub(lambda found: found["word"], text)), unknown


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    assert pipe is not None
    return pipe
