"""The figures of `make bench` say what was measured: medians, ratios of the same round, and the table."""

import subprocess
import sys
from collections import Counter

import psutil
import pytest

from bench.__main__ import PARTS, main, parts_of
from bench.document import report, with_report
from bench.figures import Figure, Goal, latency, processor_time, rate, table
from bench.rounds import Batch, Rivals, timed
from bench.usage import words_of


def _batch(*seconds: float, elapsed: float = 1.0) -> Batch:
    return Batch(seconds, elapsed, Counter())


def _rivals(*rounds: tuple[Batch, Batch]) -> Rivals:
    return Rivals([ours for ours, _ in rounds], [other for _, other in rounds])


@pytest.mark.parametrize(("percent", "seconds"), [(50, 3.0), (95, 5.0), (100, 5.0), (1, 1.0)])
def test_a_percentile_is_a_time_that_was_measured(percent: int, seconds: float) -> None:
    assert _batch(5.0, 1.0, 4.0, 2.0, 3.0).percentile(percent) == seconds


def test_a_rate_counts_jobs_over_the_time_of_all_of_them() -> None:
    assert _batch(0.5, 0.5, 0.5, elapsed=0.75).per_second == pytest.approx(4.0)


def test_two_batches_together_have_the_jobs_and_the_time_of_both() -> None:
    both = Batch((1.0,), 1.0, Counter(web=500)) + Batch((3.0,), 3.0, Counter(web=1500, worker=1000))

    assert both == Batch((1.0, 3.0), 4.0, Counter(web=2000, worker=1000))
    assert both.processor_in("web") == pytest.approx(1.0)
    assert both.processor_in() == pytest.approx(1.5)


def test_the_ratio_is_the_median_of_the_rounds_own_ratios_and_not_the_ratio_of_medians() -> None:
    """The second round ran while the machine was busy: both took ten times as long, and it says the same."""
    rounds = (_batch(2.0), _batch(1.0)), (_batch(30.0), _batch(10.0)), (_batch(9.0), _batch(3.0))
    found = _rivals(*rounds).compare(lambda batch: batch.percentile(50))

    assert found.ratios == (2.0, 3.0, 3.0)
    assert (found.ours, found.other) == (9.0, 3.0)
    assert latency("decision", found).value == 3.0
    assert found.samples == "3 × 1"


async def test_who_goes_first_changes_from_round_to_round() -> None:
    went: list[str] = []

    async def go(who: str) -> Batch:
        went.append(who)
        return _batch(1.0)

    rivals = Rivals()
    for _ in range(3):
        await rivals.meet(lambda: go("ours"), lambda: go("other"))

    assert went == ["ours", "other", "other", "ours", "ours", "other"]
    assert len(rivals.ours) == len(rivals.other) == 3


async def test_every_job_is_done_once_and_no_more_lanes_run_than_asked_for() -> None:
    lanes: list[int] = []

    async def job(lane: int) -> None:
        lanes.append(lane)

    batch = await timed([job] * 10, at_once=3)

    assert len(lanes) == len(batch.seconds) == 10
    assert set(lanes) <= {0, 1, 2}


@pytest.mark.parametrize(
    ("goal", "value", "met"),
    [
        (Goal(1.5), 1.5, "yes"),
        (Goal(1.5), 1.51, "no"),
        (Goal(0.7, at_least=True), 0.7, "yes"),
        (Goal(0.7, at_least=True), 0.69, "no"),
    ],
)
def test_a_goal_is_met_on_its_own_side_only(goal: Goal, value: float, met: str) -> None:
    assert Figure("figure", [value], goal=goal).cells()[-1] == met


def test_the_table_shows_both_sides_the_ratio_its_range_and_the_samples() -> None:
    found = _rivals((_batch(0.02), _batch(0.01)), (_batch(0.03), _batch(0.01))).compare(
        lambda each: each.percentile(50)
    )
    rates = _rivals((_batch(1.0, elapsed=0.1), _batch(1.0, elapsed=0.05))).compare(lambda it: it.per_second)
    lines = table([latency("decision", found, Goal(1.5)), rate("throughput", rates), Figure("weight", [142.4], "kB")])

    assert [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines.splitlines()[2:]] == [
        ["decision", "25.0 ms", "10.0 ms", "2.50 ×", "2.00 – 3.00", "2 × 1", "≤ 1.5 ×", "no"],
        ["throughput", "10 /s", "20 /s", "0.50 ×", "", "1 × 1", "", ""],
        ["weight", "", "", "142 kB", "", "1", "", ""],
    ]
    assert len({len(line) for line in lines.splitlines()}) == 1


def test_the_processor_time_of_one_of_ours_is_told_part_by_part() -> None:
    ours = Batch((1.0, 1.0), 1.0, Counter({"web": 20, "PostgreSQL": 10}))
    found = list(processor_time("an entry", _rivals((ours, Batch((1.0,), 1.0, Counter({"another program": 30}))))))

    assert found[0].what == "processor time of an entry"
    assert found[0].value == pytest.approx(0.5)
    assert {figure.what.rpartition(" ")[2]: figure.value for figure in found[1:]} == {
        "web": 10.0,
        "worker": 0.0,
        "PostgreSQL": 5.0,
        "Temporal": 0.0,
    }


def test_only_the_measured_part_of_the_document_is_replaced() -> None:
    document = "before\n<!-- {0} -->\n{1}<!-- /{0} -->\nafter\n".format
    inbox = document("inbox figures", "kept\n")

    measured = with_report(document("figures", "old\n") + inbox, "figures", "a \\1 new\n")

    assert measured == document("figures", "a \\1 new\n") + inbox


def test_the_report_says_what_was_left_out() -> None:
    missing = "not measured: 'record'"

    assert f"\n* {missing}\n" in report([Figure("weight", [1.0])], [0.5], "servers", [missing])


def test_a_process_that_has_ended_has_no_words_and_stops_nobody() -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    seen = psutil.Process(ended.pid)
    ended.wait()

    assert words_of(seen) == ()
    assert words_of(psutil.Process()) != ()


def test_parts_are_measured_in_their_own_order_however_they_are_named() -> None:
    assert parts_of("rebuild,cascade") == ("cascade", "rebuild")
    assert parts_of(",".join(reversed(PARTS))) == PARTS


def test_a_part_that_there_is_not_is_refused_before_anything_starts(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--only", "cascade,nothing"])

    assert "there is no nothing" in capsys.readouterr().err
