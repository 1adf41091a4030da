"""What chat pages ask on their own behind a conversation: a title, tags, what to ask next. It is answered in text.

Nothing is planned or run for it: nobody wants a title spoken, or the sounds that a conversation mentions made again.
"""

import json
import re
from collections.abc import Sequence

from deployments.api.openai.chat.request import ChatMessage

MAX_TITLE_WORDS = 6
READ_CHARACTERS = 4_000  # of a prompt, at either end
_THING = r"(?:title|name|heading|tags?|keywords?|emoji|summary|follow-?up questions?|suggestions?|search quer(?:y|ies))"
_CHAT = r"(?:chat|conversation|dialogue?|discussion|thread|exchange|message history|chat history)"
_CHORE = re.compile(
    rf"### task:|<chat_history>|\b(?:generate|create|make|give|write|provide|suggest|find|come up with|summari[sz]e)\b"
    rf"[^.\n]{{0,80}}\b{_THING}\b[^.\n]{{0,80}}\b{_CHAT}\b",
    re.IGNORECASE,
)
_ABOUT_TITLE = re.compile(r"\b(?:title|name|heading)\b", re.IGNORECASE)
_KEY = re.compile(r"\"(\w{1,40})\"\s?:\s?(\[|\")")
_FIRST_SAID = re.compile(r"^(?:user|human)\s?:\s?(\S.{0,400})", re.IGNORECASE | re.MULTILINE)
_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")


def answer_to_chore(messages: Sequence[ChatMessage]) -> str | None:
    """Return the text for what a page asks on its own, None if the last message is a person's request.

    A title is made of the first words that were said; lists of tags, questions and the like are empty.
    """
    last = messages[-1]
    prompt = last.text
    if any(part.type != "text" for part in last.parts):
        return None
    prompt = prompt if len(prompt) <= 2 * READ_CHARACTERS else prompt[:READ_CHARACTERS] + prompt[-READ_CHARACTERS:]
    if not _CHORE.search(prompt):
        return None
    key = _KEY.search(prompt)
    if key and key[2] == "[":
        return json.dumps({key[1]: []})
    if not _ABOUT_TITLE.search(prompt):
        return json.dumps({key[1]: ""}) if key else "There is nothing to add to this conversation."
    title = _title(messages[:-1], prompt)
    return json.dumps({key[1]: title}, ensure_ascii=False) if key else title


def _title(earlier: Sequence[ChatMessage], prompt: str) -> str:
    said = next((message.text for message in earlier if message.role == "user" and message.text), "")
    if not said and (found := _FIRST_SAID.search(prompt)):
        said = found[1]
    words = _WORD.findall(said[:READ_CHARACTERS])[:MAX_TITLE_WORDS]
    title = " ".join(words) or "New conversation"
    return title[:1].upper() + title[1:]
