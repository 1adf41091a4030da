import pytest

from llm_planner.offline.arguments.direct_speech import with_quotes


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("Say hello to my little friend", 'Say "hello to my little friend"'),
        (
            "could you say good night, sleep tight, slowly please?",
            'could you say "good night, sleep tight", slowly please?',
        ),
        ("say hello everybody in a deep voice", 'say "hello everybody" in a deep voice'),
        ("say happy birthday twice as fast", 'say "happy birthday" twice as fast'),
        ("say hello as mp3", 'say "hello" as mp3'),
        ("say that dinner is ready", 'say that "dinner is ready"'),
        ("say hello, then make it binaural", 'say "hello", then make it binaural'),
        ("say I am late and put rain behind it", 'say "I am late" and put rain behind it'),
        ("let this face say good morning everyone", 'let this face say "good morning everyone"'),
        ("Make a talking head that says good morning", 'Make a talking head that says "good morning"'),
        ("Say we leave at noon. And then say good night.", 'Say "we leave at noon". And then say "good night".'),
        ("Pronounce worcestershire", 'Pronounce "worcestershire"'),
        ("Say QUOTE0", 'Say "QUOTE0"'),
    ],
)
def test_words_that_are_to_be_said_get_quotes(text: str, quoted: str) -> None:
    assert with_quotes(text) == quoted


@pytest.mark.parametrize(
    "text",
    [
        "say it",
        "say this text aloud",
        "say the translation",
        "say what you found",
        "say something nice",
        "say good morning in French",  # is to be translated
        "say go home and have a rest",  # may be two wishes
        'say "x"',
        "say 'hi'",
        "say after me: hello",
        "say hi. Then transcribe it.",
        "make a transcript of what he says in the clip",
        "tell me what she says",
        "find where he says hello in a.wav",
        "transcribe say.wav",
        "Say",
        "",
    ],
)
def test_what_points_elsewhere_or_is_quoted_stays(text: str) -> None:
    assert with_quotes(text) == text
