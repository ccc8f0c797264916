"""`make bench-command`: how long `crema check` takes, for one app and for a thousand, beside what else renders them where it can be had.

Compared with go-jsonnet in one Python process (the wheel that the tests have), and with `ecspresso render` where that is in the path.
"""

import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CREMA = ROOT / "target/release/crema"
LIBRARY = ROOT / "examples/lib/common.libsonnet"
CONFIG = "region: ap-northeast-1\ncluster: production\ntask_definition: ecs-task-def.jsonnet\n"
DEFINITION = """local common = import '../lib/common.libsonnet';
common.fargate(cpu=1024, memory=2048) + {
  family: 'job-%(number)d',
  taskRoleArn: 'arn:aws:iam::123456789012:role/shop-task',
  executionRoleArn: 'arn:aws:iam::123456789012:role/shop-execution',
  containerDefinitions: [{
    name: 'app',
    image: '123456789012.dkr.ecr.ap-northeast-1.amazonaws.com/shop:release',
    environment: common.environment({ NUMBER: '%(number)d', LOG_LEVEL: 'info', POINTS: 'off' }),
    command: ['job', '%(number)d'],
    logConfiguration: common.logs('/ecs/shop', 'job'),
  }],
}
"""


def made(folder, apps):
    """A directory of so many apps that share a library."""
    (folder / "lib").mkdir(parents=True)
    shutil.copy(LIBRARY, folder / "lib")
    for number in range(apps):
        app = folder / f"job-{number:04}"
        app.mkdir()
        (app / "ecspresso.yml").write_text(CONFIG)
        (app / "ecs-task-def.jsonnet").write_text(DEFINITION % {"number": number})
    return folder


def timed(command, runs, cwd):
    """Seconds of each run, and the largest resident set of any process so far, in MB."""
    seconds = []
    for _ in range(runs):
        begun = time.monotonic()
        done = subprocess.run(command, cwd=cwd, capture_output=True, text=True)
        seconds.append(time.monotonic() - begun)
        if done.returncode != 0:
            sys.exit(f"{' '.join(map(str, command))}: {done.stdout[-2000:]}{done.stderr[-2000:]}")
    return seconds, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


def peer(folder):
    """A process of Python that renders each definition with go-jsonnet, and no more."""
    return [
        sys.executable, "-c",
        "import _gojsonnet, pathlib, json\n"
        f"for path in sorted(pathlib.Path({str(folder)!r}).glob('*/ecs-task-def.jsonnet')):\n"
        "    json.loads(_gojsonnet.evaluate_file(str(path)))\n",
    ]


def main():
    rows = []
    with tempfile.TemporaryDirectory() as temporary:
        one, many = made(Path(temporary) / "one", 1), made(Path(temporary) / "many", 1000)
        for name, folder, runs in (("one app", one, 20), ("1,000 apps", many, 5)):
            seconds, memory = timed([CREMA, "check", folder, "--region", "ap-northeast-1"], runs, folder)
            rows.append((f"crema check, {name}", seconds, f"{memory:.0f} MB a process at most"))
            others = [("go-jsonnet in Python", peer(folder))]
            if shutil.which("ecspresso") and name == "one app":
                others.append(("ecspresso render", ["ecspresso", "render", "taskdef", "--config", one / "job-0000/ecspresso.yml"]))
            for other, command in others:
                try:
                    rows.append((f"{other}, {name}", timed(command, runs, folder)[0], ""))
                except SystemExit as failed:
                    rows.append((f"{other}, {name}", [], str(failed).strip().splitlines()[-1][:80]))
    print(f"{os.cpu_count()} cores, {time.strftime('%Y-%m-%d', time.gmtime())}")
    for name, seconds, note in rows:
        figure = f"{statistics.median(seconds) * 1000:8.0f} ms (median of {len(seconds)})" if seconds else "not measured"
        print(f"{name:34} {figure}  {note}")
    print(json.dumps({name: seconds for name, seconds, _ in rows}))


if __name__ == "__main__":
    main()
