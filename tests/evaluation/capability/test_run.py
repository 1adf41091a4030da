from pathlib import Path

import numpy as np
import pytest

from evaluation.capability.command import write
from evaluation.capability.evaluations import EVALUATIONS, Floor
from evaluation.capability.items import UNUSED, USED, Answer, Item, Truth
from evaluation.capability.opinions import read_opinions
from evaluation.capability.report import CapabilityReport, TaskReport
from evaluation.capability.run import run
from model_wrappers.contract.audio import Audio
from model_wrappers.contract.catalog import ModelCard, ModelEntry
from model_wrappers.contract.errors import InvalidInput, ModelUnavailable
from model_wrappers.contract.tasks import TASKS
from model_wrappers.contract.tasks.base import TaskRequest
from model_wrappers.contract.tasks.sound_extraction import SoundExtractionRequest, SoundExtractionResponse
from model_wrappers.contract.tasks.text_to_audio import TextToAudioRequest, TextToAudioResponse

RATE = 16_000  # Hz
RNG = np.random.default_rng(0)
WANTED, OTHER = (Audio(RNG.standard_normal((1, RATE)).astype(np.float32) * 0.1, RATE) for _ in range(2))
MIXTURE = Audio(WANTED.waveform + OTHER.waveform, RATE)


class Answers:
    """Models that give the answers they were made with."""

    def __init__(self, *answers: object) -> None:
        self._answers = [answers[0], *answers]  # the first item is asked twice

    def answer(self, task: str, request: TaskRequest, model: str | None) -> Answer:
        found = self._answers.pop(0)
        if isinstance(found, Exception):
            raise found
        return Answer(found, "listener", run_s=0.5, cpu_s=0.25, peak_memory_mib=100.0)

    def describe(self, model: str) -> ModelEntry:
        card = ModelCard(
            title="Listener",
            tasks=tuple(TASKS),
            method="neural",
            licence="MIT",
            source="tests",
            revision="1",
            memory_mb=1,
        )
        return ModelEntry(id=model, wrapper="", card=card)


def extracted(*answers: object) -> TaskReport:
    evaluation = EVALUATIONS["sound-extraction"]
    request = SoundExtractionRequest(audio=MIXTURE, target="the wanted one")
    items = [Item(str(k), request, Truth(audio=WANTED), "pairs") for k in range(len(answers))]
    return run(evaluation, Answers(*answers), items, data="noise")


def test_a_right_answer_is_told_beside_doing_nothing_with_speed_memory_and_floor() -> None:
    row = extracted(SoundExtractionResponse(audio=WANTED), SoundExtractionResponse(audio=WANTED))
    found = row.everything.metrics["si_sdr"]
    assert found.value > 50
    assert found.baseline == pytest.approx(0, abs=0.2)
    assert (row.real_time_factor, row.cpu_factor, row.peak_memory_mib) == (0.5, 0.25, 100.0)
    assert [floor.met for floor in row.floors] == [True]
    assert (row.model, row.title, row.groups["pairs"].items) == ("listener", "Listener", 2)


def test_items_used_while_developing_and_others_are_reported_apart() -> None:
    request = SoundExtractionRequest(audio=MIXTURE, target="the wanted one")
    items = [Item(split, request, Truth(audio=WANTED), split=split) for split in (USED, UNUSED)]
    answers = Answers(SoundExtractionResponse(audio=WANTED), SoundExtractionResponse(audio=MIXTURE))
    row = run(EVALUATIONS["sound-extraction"], answers, items, data="noise")
    assert row.groups[USED].metrics["si_sdr"].value > 50
    assert row.groups[UNUSED].metrics["si_sdr"].value == pytest.approx(0, abs=0.2)


def test_a_refused_item_counts_as_doing_nothing_and_is_told() -> None:
    row = extracted(SoundExtractionResponse(audio=WANTED), InvalidInput("It is not heard."))
    assert row.everything.unanswered == 1
    assert row.items[1].error == "It is not heard."
    assert row.items[1].figures["si_sdr"] == pytest.approx(0, abs=0.2)


def test_a_model_that_gives_the_input_back_meets_no_floor() -> None:
    row = extracted(SoundExtractionResponse(audio=MIXTURE), SoundExtractionResponse(audio=MIXTURE))
    assert [(floor.met, floor.reached) for floor in row.floors] == [(False, "+0.00 dB")]


def test_a_model_that_is_off_is_told_with_its_reason() -> None:
    row = extracted(ModelUnavailable("It is not installed."))
    assert row.unavailable == "It is not installed."
    assert row.items == ()


def test_refusing_is_right_where_nothing_fits() -> None:
    request = TextToAudioRequest(text="the colour of justice")
    items = [Item(str(k), request, Truth(refuse=True)) for k in range(2)]
    made = TextToAudioResponse(audio=WANTED, sources=("a dog",))
    row = run(EVALUATIONS["text-to-audio"], Answers(InvalidInput("Nothing fits."), made), items, data="absurd")
    assert row.everything.metrics["refused"].value == 0.5


def test_every_task_is_evaluated_with_floors_that_say_what_they_mean() -> None:
    assert list(EVALUATIONS) == list(TASKS)
    assert all(evaluation.floors and evaluation.data for evaluation in EVALUATIONS.values())
    assert Floor("wer", 0.02).text == "WER ≤ 2.0 %"
    assert Floor("wer", 0.02).met(0.02)
    assert not Floor("gap_snr_gain", 0.0, strict=True).met(0.0)


@pytest.fixture
def report() -> CapabilityReport:
    row = extracted(SoundExtractionResponse(audio=WANTED), InvalidInput("It is <not> heard."))
    return CapabilityReport(version="1", python="3", cores=1, tasks=(row,))


def test_the_report_is_read_back_as_it_was_written_and_its_page_needs_nothing_else(
    report: CapabilityReport, tmp_path: Path
) -> None:
    json_file, markdown, page = write(report, tmp_path)
    assert CapabilityReport.read(json_file) == report
    assert "| SI-SDR ↑ | 2 |" in markdown.read_text()
    html = page.read_text()
    assert html.count("<svg") == 2
    assert not any(part in html for part in ("src=", "<script", "<link", "url(http", 'href="http', "href='http"))


def test_a_later_run_replaces_the_rows_it_measured_and_keeps_the_others(report: CapabilityReport) -> None:
    (row,) = report.tasks
    other = row.model_copy(update={"model": "another"})
    again = row.model_copy(update={"peak_memory_mib": 7.0})
    merged = report.model_copy(update={"tasks": (again,)}).merged(report.model_copy(update={"tasks": (row, other)}))
    assert [(task.model, task.peak_memory_mib) for task in merged.tasks] == [("another", 100.0), ("listener", 7.0)]


def test_opinions_are_averaged_with_an_interval_over_items(tmp_path: Path) -> None:
    path = tmp_path / "mos.csv"
    scores = [("a", "r1", 4), ("a", "r2", 5), ("b", "r1", 2), ("b", "r2", 3)]
    path.write_text(
        "task,model,item,rater,score\n" + "".join(f"text-to-speech,hibari,{i},{r},{s}\n" for i, r, s in scores)
    )
    (opinion,) = read_opinions([path])
    assert (opinion.mos, opinion.items, opinion.raters) == (3.5, 2, 2)
    assert opinion.ci95 == (2.5, 4.5)


def test_an_opinion_off_the_scale_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "mos.csv"
    path.write_text("task,model,item,rater,score\ntext-to-speech,hibari,a,r1,6\n")
    with pytest.raises(InvalidInput, match=r"'score'.*scores 1 to 5"):
        read_opinions([path])
