"""`make sam-local` where it cannot run says so in a line and ends well; what it tells is what there is."""

import json

import pytest
from samlocal import __main__ as samlocal
from samlocal import calls, engine


@pytest.fixture
def here(monkeypatch, tmp_path):
    """A machine on which no engine runs, as another user than root sees it."""
    monkeypatch.setattr(samlocal, "FOLDER", tmp_path / "sam-local")
    monkeypatch.setattr(engine, "running", lambda: None)
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    # Signals stay the test run's own.
    monkeypatch.setattr("signal.signal", lambda *_: None)
    return monkeypatch


def test_without_an_engine_and_without_root_it_is_skipped_with_a_line(here, capsys):
    assert samlocal.main() == 0
    said = capsys.readouterr().out
    assert "skipped: no container engine answers, and only root may start one" in said


def test_without_an_engine_and_without_apt_get_it_is_skipped_with_a_line(here, capsys):
    here.setattr("os.geteuid", lambda: 0)
    here.setattr("shutil.which", lambda name: None)
    assert samlocal.main() == 0
    assert "skipped: no container engine answers, and there is no apt-get to install docker.io" in capsys.readouterr().out


def test_every_file_of_events_is_told():
    calls.every_file_is_told()
    for name, *_ in calls.STORY:
        json.loads((calls.EVENTS / name).read_text())


ANSWER = {
    "trigger": {"kind": "sweep"}, "counts": {"held": 1}, "warnings": [],
    "outcomes": [{"family": "batch", "decision": "held", "revision": 40}],
}


@pytest.mark.parametrize(
    "answer",
    [
        {"errorType": "AwsError", "errorMessage": "denied"},
        {**ANSWER, "trigger": {"kind": "plan"}},
        {**ANSWER, "outcomes": []},
        {**ANSWER, "outcomes": [{"family": "batch", "decision": "unchanged", "revision": 40}]},
        {**ANSWER, "outcomes": [{"family": "batch", "decision": "held", "revision": 41}]},
        {**ANSWER, "warnings": ["something"]},
        {**ANSWER, "counts": {}},
    ],
    ids=["an error", "another kind", "nothing", "another decision", "another revision", "a warning", "not counted"],
)
def test_a_wrong_answer_is_seen(answer):
    assert list(calls.compare(ANSWER, "sweep", "held", 40)) == []
    assert list(calls.compare(answer, "sweep", "held", 40))
