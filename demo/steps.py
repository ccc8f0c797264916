"""The steps of the demo, in order: each does one thing, shows what came of it, and checks that it is what it should be."""

import time

from demo import table
from demo.deploy import SETTLE_SECONDS
from demo.screen import LIVE, Progress, bold, dim, green, note, red, say, title, yellow
from demo.world import event

BATCH = "shop-batch"
DEFINITION = "shop/ecs-task-def.jsonnet"


class Steps:
    def __init__(self, world):
        self.world = world
        self.known = {}
        self.wrong = []
        self.number = 0

    def run(self):
        """Runs all steps; gives what came out otherwise."""
        for step in (
            self.first_upload,
            self.image_push,
            self.changed_variable,
            self.rollback,
            self.same_event_again,
            self.replayed_push,
            self.sweep,
            self.direct_register,
            self.plan,
            self.planned_change_arrives,
            self.task_that_runs_well,
            self.task_that_fails,
            self.proven_one_that_fails,
            self.status_by_hand,
        ):
            step()
        return self.wrong

    # The steps.

    def first_upload(self):
        self.title("The folders are uploaded for the first time")
        self.world.make_account()
        for app in ("shop", "reports"):
            self.world.push_image(app, "release", f"{app} 1")
        note("S3's events reach the function by themselves. It waits until the prefix was quiet for")
        note(f"{SETTLE_SECONDS} s, so that no half-uploaded folder is registered; the events behind it find nothing to do.")
        note("(On AWS the folders go up in one sync. The emulator loses an event while the one copy is busy, where AWS")
        note("keeps it, so here the second folder waits for the first.)")
        count = self.world.upload_examples("lib", "shop")
        self.wait(f"{count} files of lib/ and shop/ uploaded; the S3 event registers two families",
                  lambda now: numbers(now, "shop-web") == numbers(now, BATCH) == [1])
        self.idle()
        count = self.world.upload_examples("reports")
        self.wait(f"{count} files of reports/ uploaded; the S3 event registers two more",
                  lambda now: numbers(now, "reports-ec2") == numbers(now, "reports-fargate") == [1])
        self.idle()
        self.show()
        for family, revisions in self.known.items():
            self.check(f"{family} has one revision, pinned to a digest", numbers(self.known, family) == [1]
                       and revisions[0].digest.startswith("sha256:"))

    def image_push(self):
        self.title("A new image is pushed to shop:release")
        digest = self.world.push_image("shop", "release", "shop 2")
        note("no emulator emits ECR's event, so the function is called with the event that AWS would deliver")
        self.push = self.world.push_event("shop", "release", digest)
        answer = self.world.registrar(self.push)
        self.outcomes(answer, {"shop-web": "registered", "shop-batch": "registered"})
        self.show()
        for family in ("shop-web", "shop-batch"):
            self.check(f"{family}:2 is pinned to the new digest", latest(self.known, family) == (2, digest))
        self.check("reports, which does not use that image, is untouched", numbers(self.known, "reports-ec2") == [1])

    def changed_variable(self):
        self.title("An environment variable is changed in S3: POINTS becomes on")
        self.world.change(DEFINITION, "POINTS: 'off'", "POINTS: 'on'")
        self.wait("the S3 event registers it", lambda now: numbers(now, BATCH)[-1] == numbers(now, "shop-web")[-1] == 3)
        self.idle()
        self.show()
        variables = dict(table.latest(self.known[BATCH]).variables)
        self.check("the batch job's next run has POINTS=on", variables.get("POINTS") == "on")

    def rollback(self):
        self.title("It was wrong: a rollback is asked for on the event bus")
        asked = event("demo.operations", "Task Definition Rollback", {"family": BATCH, "reason": "POINTS double-counts"})
        self.asked = self.world.put_event(asked)
        note(f"aws events put-events, detail-type Task Definition Rollback, detail {self.asked['detail']}")
        self.wait("the rule calls the operator", lambda now: not now[BATCH][-1].active)
        self.show()
        self.check("a schedule runs shop-batch:2 again", latest(self.known, BATCH)[0] == 2)
        self.check("only shop-batch went back", latest(self.known, "shop-web")[0] == 3)

    def same_event_again(self):
        self.title("The same event is delivered again, as EventBridge may")
        answer = self.world.operator(self.asked)
        self.outcomes(answer, {BATCH: "already_rolled_back"})
        self.unchanged_table()

    def replayed_push(self):
        self.title("The push event is replayed")
        answer = self.world.registrar(self.push)
        self.outcomes(answer, {BATCH: "held", "shop-web": "unchanged"})
        self.unchanged_table()

    def sweep(self):
        self.title("A sweep looks at everything")
        answer = self.world.registrar({"action": "sweep"})
        self.outcomes(answer, {BATCH: "held"})
        self.check("it counts what is unchanged", answer["counts"] == {"held": 1, "unchanged": 3})
        self.unchanged_table()

    def direct_register(self):
        self.title("Somebody decides that it was right after all, and calls register")
        answer = self.world.operator({"action": "register", "app": "shop"})
        self.outcomes(answer, {BATCH: "registered", "shop-web": "unchanged"})
        self.show()
        self.check("a schedule runs shop-batch:4", latest(self.known, BATCH)[0] == 4)

    def plan(self):
        self.title("What would a change do? plan shows it and changes nothing")
        # The change's own event waits for a quiet prefix; plan does not. On a machine so slow that the event wins,
        # a second change tells as much.
        for memory in (4096, 5120, 6144):
            old = table.latest(self.known[BATCH])
            self.world.change(DEFINITION, f"batch then {old.memory}", f"batch then {memory}")
            answer = self.world.operator({"action": "plan", "app": "shop"})
            planned = self.by_family(answer).get(BATCH, {})
            if planned.get("would") == "registered":
                break
            self.wait("the event was faster than the plan", lambda now: table.latest(now[BATCH]).memory == str(memory))
            self.known = self.world.revisions()
        self.memory = str(memory)
        self.outcomes(answer, {BATCH: "planned", "shop-web": "planned"})
        say(f"   {BATCH} would be: {bold(str(planned.get('would')))}")
        diff = planned.get("diff") or ""
        for line in diff.splitlines():
            say("      " + (green(line) if line.startswith("+") else red(line) if line.startswith("-") else dim(line)))
        self.check("it would be registered", planned.get("would") == "registered")
        self.check("the difference is the memory", f'+  "memory": "{memory}"' in diff.replace("+    ", "+  "))
        self.check("shop-web would stay", self.by_family(answer).get("shop-web", {}).get("would") == "unchanged")

    def planned_change_arrives(self):
        self.title("The prefix is quiet: the change's own event does what was planned")
        self.wait("the S3 event registers it", lambda now: table.latest(now[BATCH]).memory == self.memory)
        self.show()
        self.check("shop-batch has the planned memory", table.latest(self.known[BATCH]).memory == self.memory)

    def task_that_runs_well(self):
        self.title("A task of shop-batch ends well: its revision is proven")
        note("no emulator runs tasks: the event that ECS would emit is handed to the operator, here and below")
        self.proven = latest(self.known, BATCH)[0]
        answer = self.world.operator(self.world.task_event(BATCH, self.proven, 0))
        self.outcomes(answer, {BATCH: "proven"})
        answer = self.world.operator(self.world.task_event(BATCH, self.proven, 0))
        self.outcomes(answer, {})

    def task_that_fails(self):
        self.title("The next revision's first task fails: it takes itself back")
        self.world.hear_notices()
        self.world.change(DEFINITION, "LOG_LEVEL: 'info'", "LOG_LEVEL: 'verbose'")
        self.wait("a changed variable is registered", lambda now: numbers(now, BATCH)[-1] > self.proven)
        self.idle()
        self.known = self.world.revisions()
        bad = latest(self.known, BATCH)[0]
        answer = self.world.operator(self.world.task_event(BATCH, bad, 1))
        self.outcomes(answer, {BATCH: "rolled_back"})
        self.show()
        self.check(f"a schedule runs shop-batch:{self.proven} again, which ran well", latest(self.known, BATCH)[0] == self.proven)
        told = self.world.notices("rolled_back")
        self.check("one notice of it came on the bus", len(told) == 1)
        for notice in told:
            for name in ("title", "text", "next"):
                say(f"      {name}: " + str(notice.get(name)).replace("\n", "\n            "))

    def proven_one_that_fails(self):
        self.title("A task of the proven revision fails: the revision stays")
        answer = self.world.operator(self.world.task_event(BATCH, self.proven, 1))
        self.outcomes(answer, {BATCH: "kept"})
        self.unchanged_table()

    # What they have in common.

    def status_by_hand(self):
        self.title("Whoever is woken types: crema status")
        code, said = self.world.command("status")
        for line in said.splitlines():
            say(f"   {line}")
        self.check("the command ends with 0", code == 0)
        self.check("it has every family", all(family in said for family in self.known))

    def title(self, text):
        self.number += 1
        title(self.number, text)

    def check(self, what, right):
        say(f"   {green('ok') if right else red('WRONG')}  {what}")
        if not right:
            self.wrong.append(f"step {self.number}: {what}")

    def outcomes(self, answer, expected):
        """Shows an answer and checks its decisions: these and no others."""
        for outcome in answer["outcomes"]:
            reason = outcome.get("reason")
            revision = f":{outcome['revision']}" if outcome.get("revision") else ""
            say(f"   {outcome['family']}{revision} {bold(outcome['decision'])}" + (f": {reason}" if reason else ""))
        for warning in answer.get("warnings", []):
            say(f"   {yellow('warning')}: {warning}")
        got = {family: outcome["decision"] for family, outcome in self.by_family(answer).items()}
        what = ", ".join(f"{family} {decision}" for family, decision in expected.items()) or "nothing"
        self.check(f"the answer: {what}" if got == expected else f"the answer: {what}; it was {got}", got == expected)

    @staticmethod
    def by_family(answer):
        return {outcome["family"]: outcome for outcome in answer["outcomes"]}

    def wait(self, what, until, seconds=60):
        progress = Progress(what)
        while progress.seconds() < seconds:
            if until(self.world.revisions()):
                progress.done("seen")
                return
            progress.tick()
            time.sleep(0.25 if LIVE else 0.5)
        progress.failed()
        for line in self.world.mishaps():
            note(line.strip())
        self.check(f"{what} within {seconds} s", False)

    def idle(self):
        """Waits until the registrar's one copy has answered: a plan, which changes nothing, takes its turn behind it."""
        self.world.registrar({"action": "plan"})

    def show(self):
        now = self.world.revisions()
        table.show(now, self.known)
        self.known = now

    def unchanged_table(self):
        before = self.known
        self.show()
        self.check("no revision came or went", [statuses(r) for r in before.values()] == [statuses(r) for r in self.known.values()])


def numbers(revisions, family):
    return [revision.number for revision in revisions[family]] or [0]


def statuses(revisions):
    return [(revision.number, revision.active) for revision in revisions]


def latest(revisions, family):
    runs = table.latest(revisions[family])
    return (runs.number, runs.digest) if runs else (0, "")
