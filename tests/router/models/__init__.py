"""Small real models: wrappers of real tasks that are quick, or misbehave in one known way."""

from tests.router.models.loading import Clinging, Demanding, NonCommercial, Refusing, SlowToLoad
from tests.router.models.plain import BATCHES, GATES, STARTED, STOPPED, UNLOADED, card, echo_request, spec, translated
from tests.router.models.sound import SAMPLE_RATE, SECONDS_PER_CHARACTER, Dripper, Halver, Hearer, Hoarse, Sine
from tests.router.models.translation import Echo, Faulty, Patient, Recorder, SpokenTranslation

__all__ = [
    "BATCHES",
    "GATES",
    "SAMPLE_RATE",
    "SECONDS_PER_CHARACTER",
    "STARTED",
    "STOPPED",
    "UNLOADED",
    "Clinging",
    "Demanding",
    "Dripper",
    "Echo",
    "Faulty",
    "Halver",
    "Hearer",
    "Hoarse",
    "NonCommercial",
    "Patient",
    "Recorder",
    "Refusing",
    "Sine",
    "SlowToLoad",
    "SpokenTranslation",
    "card",
    "echo_request",
    "spec",
    "translated",
]
