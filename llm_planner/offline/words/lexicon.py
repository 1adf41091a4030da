"""What a clause is: a command, a wish, a question, an exclusion."""

from llm_planner.offline.words.lists import mentions, phrases, words

_MARKS = " ,:!.-"
_COMMANDS, _OBJECTS, _QUESTIONS = words("commands"), words("objects"), words("questions")
_NO_VERBS = words("function_words")


def strip_prefix(clause: str) -> str:
    """Drop greetings, politeness and order words before a command."""
    text = clause.strip()
    while (match := phrases("courtesy").match(text)) and text[match.end() :].strip(_MARKS):
        text = text[match.end() :].lstrip(_MARKS)
    return text


def words_of(clause: str) -> set[str]:
    """Return the words of a clause in lower case, without marks."""
    return {word.strip(".,;:?!()") for word in clause.casefold().split()} - {""}


def is_command(clause: str) -> bool:
    """Tell whether a clause asks for something in the imperative or as a wish."""
    bare = strip_prefix(clause)
    if phrases("wishes").match(clause.strip()) or phrases("wishes").match(bare):
        return True
    verb, *after = [word.strip(_MARKS) for word in bare.casefold().split()[:2]] or [""]
    if verb.replace("-", "") in _COMMANDS:
        return True
    known = verb in _NO_VERBS or verb.endswith(("s", "ed", "ing")) or not verb.isalpha()
    return not known and any(word in _OBJECTS or word.startswith(("quote", "file")) for word in after)


def is_question(clause: str) -> bool:
    """Tell whether a clause is a question."""
    first = strip_prefix(clause).casefold().split(maxsplit=1)[:1]
    return clause.rstrip().endswith("?") or bool(first and first[0].strip(_MARKS) in _QUESTIONS)


def excludes(clause: str) -> bool:
    """Tell whether a clause says what is not wanted, or what somebody else wants."""
    return mentions("excludes", clause)
