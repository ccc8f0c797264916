"""`cargo lambda watch`, as CONTRIBUTING.md has it: the function as a process, without a container engine."""

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest
from conftest import ROOT
from demo import deploy, emulator
from demo.processes import Processes, tail
from samlocal.account import BUCKET, Account

CARGO_LAMBDA = [str(Path(sys.executable).parent / "cargo-lambda"), "lambda"]


@pytest.fixture
def port(tmp_path_factory):
    """Where the function is invoked, before an emulator that has the account of the files of events/."""
    processes = Processes(tmp_path_factory.mktemp("watch"))
    port = emulator.free_port()
    try:
        aws = emulator.start(processes)
        Account(aws).make()
        settings = {"CONFIG_URI": f"s3://{BUCKET}/crema/", **aws.environment, **deploy.tools()}
        manifest = ["--manifest-path", str(ROOT / "Cargo.toml"), "--ignore-changes"]
        watch = [*CARGO_LAMBDA, "watch", *manifest, "--invoke-address", emulator.HOST, "--invoke-port", str(port)]
        processes.start(watch, "watch.log", settings)
        for _ in range(100):
            if emulator.taken(port):
                break
            time.sleep(0.1)
        yield port
    finally:
        print(tail(processes.folder / "watch.log"))
        processes.stop()


def test_a_plan_is_answered(port):
    invoke = [*CARGO_LAMBDA, "invoke", "bootstrap", "--invoke-address", emulator.HOST, "--invoke-port", str(port)]
    command = [*invoke, "--data-file", "events/plan-all.json"]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert [o["decision"] for o in json.loads(ran.stdout)["outcomes"]] == ["planned"]
