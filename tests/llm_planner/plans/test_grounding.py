import pytest

from llm_planner.plans.grounding import invented_names
from tests.llm_planner.planning import make_artifact

ROWS = (make_artifact("audio-1", file_name="Street Noise.wav"), make_artifact("audio-12"))


@pytest.mark.parametrize(
    ("text", "invented"),
    [
        ("I cleaned audio-1 and made Audio-12.", ()),
        ("See audio-2 and video-1.", ("audio-2", "video-1")),
        ("audio-120 is ready", ("audio-120",)),
        ("From Street Noise.wav I took the voice.", ()),
        ("Saved as result.mp3", ("result.mp3",)),
        ("Download it at https://example.org/a.wav", ("https://example.org/a.wav", "a.wav")),
        ("[listen](sandbox:/mnt/out)", ("sandbox:/mnt/out)",)),
        ("He says 1.5 to 2.0 s, e.g. at noon.", ()),
    ],
)
def test_names_that_do_not_exist_are_found(text, invented):
    assert invented_names(text, ROWS) == tuple(invented)


def test_what_the_request_names_may_be_named():
    assert invented_names("There is no old.wav.", ROWS, given="What was in OLD.wav?") == ()
