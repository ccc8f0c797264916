"""The files of events/ in an order in which they tell a story, and what the function must answer to each."""

import json
import time

from botocore.exceptions import BotoCoreError, ClientError

from demo import deploy
from demo.emulator import HOST, REGION, free_port, taken
from demo.processes import tail
from demo.screen import Failure, bold, dim, green, red, say
from samlocal.account import BUCKET, Account

EVENTS = deploy.ROOT / "events"

# (the file, what happens before it, the trigger's kind, the decision about the family, or its state, the revision it is about).
# The events carry the time at which they were made, long before the revisions that are registered here.
STORY = [
    ("plan.json", None, "plan", "planned", None),
    ("register.json", None, "register", "registered", 40),
    ("s3-object-created.json", Account.change, "config_change", "registered", 41),
    ("ecr-push.json", Account.push, "image_push", "registered", 42),
    ("ecr-replication.json", None, "image_push", "unchanged", 42),
    # No app uses what came through the cache.
    ("ecr-pull-through-cache.json", None, "image_push", None, None),
    ("s3-object-deleted.json", None, "config_change", "unchanged", 42),
    ("rollback.json", None, "rollback", "superseded", None),
    ("rollback-revision.json", None, "rollback", "rolled_back", 41),
    ("rollback-to.json", None, "rollback", "rolled_back", 42),
    ("rollback-direct.json", None, "rollback", "already_rolled_back", None),
    ("rollback-again.json", None, "rollback", "already_rolled_back", None),
    ("rollback-app.json", None, "rollback", "already_rolled_back", None),
    ("scheduled-sweep.json", None, "sweep", "held", 40),
    ("failed-invocation.json", None, "image_push", "held", 40),
    ("sweep.json", None, "sweep", "held", 40),
    ("s3-notification.json", None, "config_change", "held", 40),
    # A push and a direct call lay in the queue: the push is held, the call registers.
    ("dead-letter-sqs.json", None, "image_push", "registered", 43),
    ("plan-all.json", None, "plan", "planned", None),
    ("status.json", None, "status", "in_sync", 43),
    ("status-all.json", None, "status", "in_sync", 43),
    ("page.json", None, "page", None, None),
    # Not for this function: it goes back onto the bus, from its first round.
    ("work-left.json", None, "config_change", None, None),
    ("doctor.json", None, "doctor", None, None),
    # Retention is off by default, and says so.
    ("expire.json", None, "expire", None, None),
    ("expire-dry-run.json", None, "expire", None, None),
    # The circuit breaker is off by default, and sees nothing in them.
    *((path.name, None, "task_stopped", None, None) for path in sorted(EVENTS.glob("task-*.json"))),
]


# What is told besides, and is nothing wrong.
OFF = "nothing expires: retention is off (KEEP_REVISIONS, by the stack's parameter `KeepRevisions`)"
TOLD = {
    "work-left.json": "the work that is left was put on the event bus again, for the reconciler",
    "expire.json": OFF,
    "expire-dry-run.json": OFF,
}


def every_file_is_told():
    """Fails where events/ has a file that the story leaves out, or the other way about."""
    told = [name for name, *_ in STORY]
    there = sorted(path.name for path in EVENTS.glob("*.json"))
    if sorted(told) != there:
        raise Failure(f"events/ and the story differ: {', '.join(sorted(set(told) ^ set(there)))}. Tell them in samlocal/calls.py.")


class Calls:
    """Invokes the built template's function as a person does at a terminal."""

    def __init__(self, processes, engine, emulator, template):
        self.processes = processes
        self.environment = {**emulator.environment, **engine.environment, **deploy.tools()}
        self.emulator = emulator
        self.template = template
        self.account = Account(emulator)

    def run(self):
        """Invokes every file; gives what came out otherwise."""
        every_file_is_told()
        self.account.make()
        wrong = []
        for name, before, kind, decision, revision in STORY:
            if before:
                before(self.account)
            began = time.monotonic()
            answer = self.invoke(name)
            if name == "page.json":
                answer = as_answer(answer)
            told = answer.get("warnings", [])
            answer["warnings"] = [warning for warning in told if warning != TOLD.get(name)]
            mistakes = list(compare(answer, kind, decision, revision))
            if name in TOLD and TOLD[name] not in told:
                mistakes.append(f"it does not say that {TOLD[name]}")
            word = red("WRONG") if mistakes else green("ok")
            say(f"   {word}  {name:24} {bold(shown(answer)):24} {dim(f'({time.monotonic() - began:.1f} s)')}")
            for mistake in mistakes:
                say(f"       {mistake}")
                wrong.append(f"{name}: {mistake}")
        wrong.extend(self.serve())
        return wrong

    def sam_local(self, command, *options, **parameters):
        """The command with the options of all, and with no more parameters than the commands of CONTRIBUTING.md have."""
        return [
            *deploy.sam("local"), command,
            "--config-file", str(deploy.ROOT / "samconfig.toml"),
            "--template-file", str(self.template),
            "--skip-pull-image",
            "--region", REGION,
            *options,
            "--parameter-overrides", *deploy.overrides({
                "Architecture": deploy.architecture(), "ConfigBucket": BUCKET, **parameters,
            }),
        ]

    def serve(self):
        """Calls the other function by way of `sam local start-lambda`; gives what came out otherwise."""
        port = free_port()
        command = self.sam_local("start-lambda", "--host", HOST, "--port", str(port))
        server = self.processes.start(command, "start-lambda.log", self.environment)
        began = time.monotonic()
        while not taken(port) and server.poll() is None and time.monotonic() - began < 60:
            time.sleep(0.1)
        try:
            payload = (EVENTS / "plan.json").read_bytes()
            client = self.emulator.client("lambda", f"http://{HOST}:{port}")
            answer = json.loads(client.invoke(FunctionName="Operator", Payload=payload)["Payload"].read())
        except (BotoCoreError, ClientError, ValueError) as error:
            raise Failure(f"{tail(self.processes.folder / 'start-lambda.log')}\nsam local start-lambda gave no answer: {error}") from error
        mistakes = list(compare(answer, "plan", "planned", None))
        say(f"   {red('WRONG') if mistakes else green('ok')}  {'plan.json, start-lambda':24} {bold(shown(answer)):24} {dim(f'({time.monotonic() - began:.1f} s)')}")
        return [f"start-lambda: {mistake}" for mistake in mistakes]

    def invoke(self, name):
        process = self.processes.start(
            self.sam_local("invoke", "--event", str(EVENTS / name), SettleSeconds="0"),
            "invoke.log",
            self.environment,
            "answer.json",
        )
        code = process.wait(120)
        self.processes.running.remove(process)
        said = (self.processes.folder / "answer.json").read_text()
        # A function that dies gives an empty answer and the exit code 0.
        if code != 0 or not said.strip():
            raise Failure(f"{tail(self.processes.folder / 'invoke.log')}\nsam local invoke of events/{name} gave no answer (exit code {code}).")
        return json.loads(said)


def as_answer(page):
    """A widget's answer is a text of HTML: where it shows the family, as an answer that tells of nothing else."""
    is_page = isinstance(page, str) and page.startswith('<div class="crema') and "batch" in page
    return {"trigger": {"kind": "page" if is_page else "no page"}, "outcomes": [], "counts": {}, "warnings": []}


def compare(answer, kind, decision, revision):
    """What is not as it should be."""
    if "errorType" in answer:
        yield f"it is an error: {answer['errorType']}: {answer['errorMessage']}"
        return
    if answer["trigger"]["kind"] != kind:
        yield f"the trigger is {answer['trigger']['kind']}; expected {kind}"
    # One that ends a hold says so.
    if answer["warnings"] and decision != "registered":
        yield f"there are warnings: {answer['warnings']}"
    told = list(entries(answer))
    family, word, number = told[-1] if told else (None, None, None)
    if (family, word) != (("batch", decision) if decision else (None, None)):
        yield f"the answer tells of {family}: {word}; expected batch: {decision}"
    elif revision and number != revision:
        yield f"the revision is {number}; expected {revision}"
    counted = sum(answer["counts"].values())
    if counted < len(told):
        yield f"{counted} are counted; {len(told)} are told of"


def entries(answer):
    """Family, decision or state, and revision of each entry."""
    for entry in [*answer.get("outcomes", []), *answer.get("families", [])]:
        yield entry.get("family"), entry.get("decision", entry.get("state")), entry.get("revision")


def shown(answer):
    return ", ".join(f"{family}{f':{number}' if number else ''} {word}" for family, word, number in entries(answer)) or "-"
