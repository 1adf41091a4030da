import pytest

from llm_planner.plans.plan import Unsupported
from llm_planner.replies.refusals import refuse_languages
from model_wrappers.contract.catalog import Catalog
from tests.llm_planner.planning import make_entry, make_plan

CATALOG = Catalog(
    models=(
        make_entry("voice", "singing-synthesis", input_languages=("en",), output_languages=("en",)),
        make_entry("words", "speech-translation", input_languages=("en", "es"), output_languages=("es", "ca")),
    )
)
SONG = {"lyrics": "la", "notes": ["C4"], "durations": [1.0]}


@pytest.mark.parametrize(
    ("task", "arguments", "reason"),
    [
        (
            "singing-synthesis",
            {**SONG, "language": "zh"},
            "I cannot do singing-synthesis in Chinese; I can do it in English.",
        ),
        (
            "speech-translation",
            {"text": "hi", "target_language": "ja"},
            "I cannot do speech-translation into Japanese; I can do it into Catalan and Spanish.",
        ),
        (
            "speech-translation",
            {"text": "hi", "target_language": "es", "source_language": "qq"},
            "I cannot do speech-translation from qq; I can do it from English and Spanish.",
        ),
    ],
)
def test_language_nobody_knows_is_named_with_those_that_somebody_does(task, arguments, reason):
    refusal = refuse_languages(make_plan(("s1", task, arguments)), CATALOG)
    assert refusal == Unsupported(reason=reason, alternatives=(task,))


@pytest.mark.parametrize(
    "plan",
    [
        make_plan(("s1", "singing-synthesis", {**SONG, "language": "en"})),
        make_plan(("s1", "singing-synthesis", SONG)),
        make_plan(("s1", "text-to-speech", {"text": "hi", "language": "zh"})),
    ],
    ids=["known", "not given", "task off"],
)
def test_plan_without_a_language_problem_is_not_refused(plan):
    assert refuse_languages(plan, CATALOG) is None
