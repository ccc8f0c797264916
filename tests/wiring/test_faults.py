"""Faults between the real function and an emulator: as proof that the function is wired as the tests over HTTP have it."""

import json
import queue
import shutil
import subprocess
import sys
import threading
import time
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from conftest import ROOT
from demo import emulator
from demo.processes import Processes

BUCKET = "faults-config"
BOOTSTRAP = ROOT / "target/debug/bootstrap"


class Runtime:
    """The Runtime API of Lambda, as far as one function at a time needs it."""

    def __init__(self):
        self.events, self.answers = queue.Queue(), queue.Queue()
        runtime = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                number, payload = runtime.events.get()
                self.answer(200, payload, {
                    "Lambda-Runtime-Aws-Request-Id": f"00000000-0000-4000-8000-{number:012}",
                    "Lambda-Runtime-Deadline-Ms": str(int((time.time() + 60) * 1000)),
                    "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:ap-northeast-1:123456789012:function:crema",
                })

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"] or 0)) if "Content-Length" in self.headers \
                    else self.chunks()
                runtime.answers.put((self.path.rpartition("/")[2], json.loads(body)))
                self.answer(202, {"status": "OK"}, {})

            def chunks(self):
                body = b""
                while size := int(self.rfile.readline(), 16):
                    body += self.rfile.read(size)
                    self.rfile.readline()
                self.rfile.readline()
                return body

            def answer(self, status, value, headers):
                body = json.dumps(value).encode()
                self.send_response(status)
                for name, text in {**headers, "Content-Length": str(len(body))}.items():
                    self.send_header(name, text)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.address = f"127.0.0.1:{self.server.server_port}"
        self.number = 0

    def invoke(self, payload):
        """What the function answers: `("response", answer)` or `("error", error)`."""
        self.number += 1
        self.events.put((self.number, payload))
        return self.answers.get(timeout=70)


class Wired:
    """The function before microburst before the emulator."""

    def __init__(self, processes):
        self.aws = emulator.start(processes)
        port = emulator.free_port()
        self.faults = f"http://127.0.0.1:{port}"
        processes.start(
            [sys.executable, "-m", "microburst", "--upstream", self.aws.url, "--host", "127.0.0.1", "--port", str(port)],
            "microburst.log",
        )
        self.control("GET", "rules")
        s3 = self.aws.client("s3")
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": emulator.REGION})
        s3.put_object(Bucket=BUCKET, Key="crema/a/ecspresso.yml", Body=b"task_definition: td.json\n")
        self.runtime = Runtime()
        processes.start([str(BOOTSTRAP)], "function.log", {
            **self.aws.environment,
            "AWS_ENDPOINT_URL": self.faults,
            "AWS_LAMBDA_RUNTIME_API": self.runtime.address,
            "AWS_LAMBDA_FUNCTION_NAME": "crema",
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
            "CONFIG_URI": f"s3://{BUCKET}/crema/",
            "SETTLE_SECONDS": "0",
        })

    def control(self, method, path, value=None):
        body = None if value is None else json.dumps(value).encode()
        request = urllib.request.Request(f"{self.faults}/_microburst/{path}", body, method=method)
        request.add_header("Content-Type", "application/json")
        for _ in range(200):
            try:
                with urllib.request.urlopen(request, timeout=10) as answer:
                    return json.loads(answer.read() or b"null")
            except OSError:
                time.sleep(0.1)
        raise AssertionError("microburst does not answer")

    def wish(self, family):
        definition = {"family": family, "containerDefinitions": [{"name": "app", "image": "busybox", "memory": 128}]}
        self.aws.client("s3").put_object(Bucket=BUCKET, Key="crema/a/td.json", Body=json.dumps(definition).encode())

    def active(self, family):
        arns = self.aws.client("ecs").list_task_definitions(familyPrefix=family)["taskDefinitionArns"]
        return sorted(int(arn.rpartition(":")[2]) for arn in arns)

    def register_with(self, family, fault):
        """Registers a family anew while this fault is due once."""
        self.wish(family)
        before = len(self.control("GET", "fired"))
        self.control("POST", "rules", [{**fault, "times": 1}])
        kind, answer = self.runtime.invoke({"action": "register", "app": "a"})
        assert len(self.control("GET", "fired")) == before + 1, "the fault was not met once"
        return kind, answer


@pytest.fixture(scope="module")
def wired(tmp_path_factory):
    assert shutil.which("cargo"), "cargo is needed to build the function"
    subprocess.run(["cargo", "build", "--quiet", "--bin", "bootstrap"], cwd=ROOT, check=True)
    processes = Processes(tmp_path_factory.mktemp("faults"))
    try:
        yield Wired(processes)
    finally:
        processes.stop()


REGISTER = {"service": "ecs", "operation": "RegisterTaskDefinition"}


def test_a_throttled_registration_is_ridden_out(wired):
    kind, answer = wired.register_with("throttled", {**REGISTER, "error": {"code": "ThrottlingException"}})
    assert (kind, wired.active("throttled")) == ("response", [1]), answer
    assert answer["outcomes"][0]["decision"] == "registered"


def test_a_reply_that_is_cut_half_way_registers_exactly_once(wired):
    kind, answer = wired.register_with("cut", {**REGISTER, "response": {"abort_frac": 0.3}})
    assert (kind, wired.active("cut")) == ("response", [1]), answer
    assert answer["outcomes"][0]["decision"] == "registered"


def test_a_denied_registration_names_the_permission(wired):
    kind, answer = wired.register_with("denied", {**REGISTER, "error": {"code": "AccessDeniedException"}})
    assert (kind, answer["errorType"], wired.active("denied")) == ("error", "AwsError", []), answer
    assert "ecs:RegisterTaskDefinition" in answer["errorMessage"]
