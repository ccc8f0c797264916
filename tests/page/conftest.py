"""The page in a browser: the real functions, deployed with their dashboard on an emulator that enforces their roles, behind
a page that speaks the protocol of CloudWatch's custom widgets."""

import json
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(ROOT), str(HERE)]

import chrome  # noqa: E402
from demo import deploy, emulator  # noqa: E402
from demo.processes import Processes  # noqa: E402
from demo.world import World  # noqa: E402

FAST = {"EcsReadsPerSecond": "1000", "EcsReadsBurst": "1000", "EcsChangesPerSecond": "1000", "EcsChangesBurst": "1000"}
FAMILIES = ",".join(f"arn:aws:ecs:ap-northeast-1:123456789012:task-definition/{name}-*:*" for name in ("shop", "reports", "job"))
PARAMETERS = {
    "Dashboard": "true", "SettleSeconds": "0", "RegistrarConcurrency": "off", "RollbackQuietSeconds": "0", "ReadSchedules": "true",
    "FamilyArns": FAMILIES, **FAST,
}
# Names of apps; what of them is HTML, JSON or a direction of writing is text on the page.
HOSTILE = [
    "<img src=x onerror=alert(1)>",
    "\"><script>alert(2)<%2fscript>",
    "'&quot;><svg onload=alert(3)><use href=#x>",
    "\u202egnp.exe\u202c \u05e2\u05d1\u05e8\u05d9\u05ea",
    "n" * 290,
]


class Account(World):
    """The emulated account, with what the tests press and look at."""

    def page(self, payload, function="viewer"):
        """What a function answers to a widget."""
        answer = self.functions.invoke(FunctionName=f"{deploy.STACK}-{function}", Payload=json.dumps(payload).encode())
        return json.loads(answer["Payload"].read())

    def app(self, name, family, image="busybox"):
        definition = {"family": family, "containerDefinitions": [{"name": "app", "image": image, "memory": 128}]}
        self.upload(f"{name}/ecspresso.json", json.dumps({"task_definition": "definition.json"}))
        self.upload(f"{name}/definition.json", json.dumps(definition))

    def by_hand(self, family):
        return self.ecs.register_task_definition(
            family=family, containerDefinitions=[{"name": "app", "image": "alpine", "memory": 128}]
        )["taskDefinition"]["revision"]

    def active(self, family):
        arns = self.ecs.list_task_definitions(familyPrefix=family, status="ACTIVE")["taskDefinitionArns"]
        return sorted(int(arn.rpartition(":")[2]) for arn in arns if f"/{family}:" in arn)

    def settle(self):
        """Until the next second: what happens in one second of a page counts as seen by it."""
        time.sleep(1.05 - time.time() % 1)

    def fill(self):
        """Families of every state, and enough of them for a second page."""
        self.make_account()
        for app in ("shop", "reports"):
            self.push_image(app, "release", "1")
        self.upload_examples("lib", "shop", "reports")
        for n in range(20):
            self.app(f"tidy-{n:02}", f"job-tidy-{n:02}")
        for n, name in enumerate(HOSTILE):
            self.app(f"z{n} {name}", f"job-hostile-{n}")
        self.app("held", "job-held")
        self.app("drifted", "job-drifted")
        self.operator({"action": "register", "app": "held"})
        self.app("held", "job-held", "alpine")
        for app in ("held", "drifted", "shop", "reports", *(f"tidy-{n:02}" for n in range(20))):
            self.operator({"action": "register", "app": app})
        for n, name in enumerate(HOSTILE):
            self.operator({"action": "register", "app": f"z{n} {name}"})
        self.push_image("shop", "release", "2")
        self.operator({"action": "register", "app": "shop"})
        self.ecs.tag_resource(
            resourceArn=self.ecs.describe_task_definition(taskDefinition="shop-batch")["taskDefinition"]["taskDefinitionArn"],
            tags=[{"key": "crema:proven-at", "value": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}],
        )
        self.settle()
        self.operator({"action": "rollback", "family": "job-held", "reason": "wrong totals"})
        self.by_hand("job-drifted")
        self.push_image("reports", "release", "2")
        self.upload("broken/ecspresso.json", json.dumps({"task_definition": "definition.jsonnet"}))
        self.upload("broken/definition.jsonnet", "{ family: 'job-broken', containerDefinitions: [{ name: 'app' image: 'busybox' }] }")
        self.events.put_rule(Name="shop-nightly", ScheduleExpression="cron(0 18 * * ? *)")
        self.events.put_targets(Rule="shop-nightly", Targets=[{
            "Id": "task", "Arn": "arn:aws:ecs:ap-northeast-1:123456789012:cluster/batch", "RoleArn": "arn:aws:iam::123456789012:role/run",
            "EcsParameters": {"TaskDefinitionArn": "arn:aws:ecs:ap-northeast-1:123456789012:task-definition/shop-batch"},
        }])


@pytest.fixture(scope="session")
def account(tmp_path_factory):
    processes = Processes(tmp_path_factory.mktemp("page"))
    try:
        aws = emulator.start(processes, more={"AUTH": "true"})
        template = deploy.with_code(processes.folder / "build", deploy.compiled(processes))
        outputs = deploy.deploy(processes, aws, template, PARAMETERS)
        deploy.allow_http(aws, outputs)
        for action in [*deploy.NOT_BY_CONDITION, "events:ListTargetsByRule"]:
            deploy.allow_on_any(aws, outputs, action)
        # The emulator asks for the second one's permission on any rule.
        role = aws.client("lambda").get_function(FunctionName=outputs["ViewerName"])["Configuration"]["Role"].rpartition("/")[2]
        statement = {"Effect": "Allow", "Action": "events:ListTargetsByRule", "Resource": "*"}
        aws.client("iam").put_role_policy(RoleName=role, PolicyName="emulator", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
        for rule in aws.client("events").list_rules(NamePrefix=f"{deploy.STACK}-")["Rules"]:
            aws.client("events").disable_rule(Name=rule["Name"])
        made = Account(aws, outputs)
        made.aws = aws
        made.fill()
        yield made
    finally:
        processes.stop()


class Harness(BaseHTTPRequestHandler):
    """Serves the page, and calls functions for it as the console does."""

    account = None

    def do_GET(self):
        name = {"/": "harness.html", "/harness.js": "harness.js"}.get(self.path)
        if name is None:
            self.send_error(404)
            return
        self.answer((HERE / name).read_bytes(), "text/html; charset=utf-8" if name.endswith("html") else "text/javascript")

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        name = asked["endpoint"].split(":function:")[-1].split(":")[0]
        answer = self.account.page(asked["event"], name.removeprefix(f"{deploy.STACK}-"))
        self.answer(json.dumps(answer).encode(), "application/json")

    def answer(self, body, kind):
        self.send_response(200)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture(scope="session")
def browser(tmp_path_factory):
    if chrome.found() is None:
        pytest.skip("no Chromium is installed")
    made = chrome.Chrome(tmp_path_factory.mktemp("chromium"))
    yield made
    made.close()


class Widget:
    """The dashboard's widget in the browser."""

    def __init__(self, browser, url, endpoint):
        self.browser, self.url, self.endpoint = browser, url, endpoint

    def show(self, theme="light", **params):
        self.browser.go(self.url)
        self.browser.run(f"Object.assign(widget, {json.dumps({'endpoint': self.endpoint, 'theme': theme, 'params': params})})")
        self.refresh()

    def refresh(self):
        self.browser.run("widget.refresh()")

    def text(self, place="#widget"):
        return " ".join(self.browser.run(f"document.querySelector('{place}').innerText").split())

    def rows(self):
        return self.browser.run("[...document.querySelectorAll('#widget tbody tr')].map(row => row.querySelector('th bdi')?.innerText ?? '')")

    def row_of(self, name):
        return (
            "[...document.querySelectorAll('#widget tbody tr')].find(row => row.querySelector('th').innerText.includes("
            f"{json.dumps(name)}))"
        )

    def click(self, label, row=None, place="#widget"):
        """Clicks the button of this label, and waits for what it calls."""
        within = self.row_of(row) if row else f"document.querySelector('{place}')"
        self.browser.click(f"[...{within}.querySelectorAll('a.btn')].find(button => button.innerText === {json.dumps(label)})")
        self.browser.until("widget.busy === 0")
        # What was answered is in the document before the next task.
        self.browser.run("new Promise(done => setTimeout(done, 30))")

    def popup(self):
        self.browser.until("!document.getElementById('over').hidden")
        return self.text("#popup")

    def close(self):
        self.browser.run("widget.close()")

    def calls(self):
        return self.browser.run("widget.calls")

    def is_clean(self):
        """Nothing of the page was a script, and nothing came from elsewhere."""
        assert self.browser.run("widget.violations") == []
        assert self.browser.run("widget.errors") == []
        return True


@pytest.fixture(scope="session")
def harness(account):
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("OfAccount", (Harness,), {"account": account}))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()


@pytest.fixture
def widget(account, harness, browser):
    arn = account.functions.get_function(FunctionName=account.outputs["ViewerName"])["Configuration"]["FunctionArn"]
    return Widget(browser, harness, arn)
