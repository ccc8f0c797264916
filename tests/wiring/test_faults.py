"""Faults between the deployed function and ECS: a proxy stands in front of the emulator."""

import json
import os
import sys
import time
import urllib.request

import pytest
from conftest import change
from demo import emulator

FAMILIES = ["shop-batch", "shop-web"]
REGISTER = {"action": "register", "app": "shop"}


class Burst:
    """The proxy, with rules for what goes wrong."""

    def __init__(self, url):
        self.url = url

    def ask(self, path, method="GET", body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}/_microburst/{path}", data=data, method=method)
        request.add_header("Content-Type", "application/json")
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=10) as answer:
            return json.loads(answer.read() or b"null")

    def breaks(self, operation, times=1, **fault):
        self.ask("fired", "DELETE")
        self.ask("rules", "POST", [{"service": "ecs", "operation": operation, "times": times, **fault}])

    def fired(self):
        return json.dumps(self.ask("fired"))


@pytest.fixture(scope="module")
def burst(account, live):
    port = emulator.free_port()
    # The emulator checks signatures, and those of the function are for the proxy's own address.
    command = [sys.executable, "-m", "microburst", "--resign", "--upstream", account.aws.url]
    command += ["--host", "127.0.0.1", "--port", str(port)]
    process = account.processes.start(command, "microburst.log", account.aws.environment)
    proxy = Burst(f"http://127.0.0.1:{port}")
    for _ in range(300):
        try:
            proxy.ask("rules")
            break
        except OSError:
            assert process.poll() is None
            time.sleep(0.1)
    functions, name = account.client("lambda"), live.outputs["OperatorName"]
    before = functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
    # The emulator sets AWS_ENDPOINT_URL itself.
    through = {**before, "AWS_ENDPOINT_URL_ECS": proxy.url}
    functions.update_function_configuration(FunctionName=name, Environment={"Variables": through})
    yield proxy
    functions.update_function_configuration(FunctionName=name, Environment={"Variables": before})


def active(live):
    """The ACTIVE revisions of the app's families."""
    arns = live.ecs.list_task_definitions(status="ACTIVE")["taskDefinitionArns"]
    names = [arn.rpartition("/")[2].split(":") for arn in arns]
    return {family: sorted(int(number) for name, number in names if name == family) for family in FAMILIES}


def registered(answer):
    """The families with the revision that was registered for each."""
    return {o["family"]: o["revision"] for o in answer["outcomes"] if o["decision"] == "registered"}


def tried(request, what):
    """Says it where `make reliability` asks."""
    if "CREMA_TRIED" in os.environ:
        print(f"\ntried\t{request.node.originalname}\t{what}")


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param({"error": {"code": "ThrottlingException"}}, id="throttled"),
        pytest.param({"response": {"abort_frac": 0.3}}, id="cut"),
    ],
)
def test_a_fault_of_registering_leaves_exactly_one_revision_of_each_family(live, burst, request, fault):
    live.operator(REGISTER)
    before = active(live)
    change(live)
    burst.breaks("RegisterTaskDefinition", **fault)
    new = registered(live.operator(REGISTER))
    assert "RegisterTaskDefinition" in burst.fired()
    assert sorted(new) == FAMILIES
    assert active(live) == {family: [*before[family], new[family]] for family in FAMILIES}
    tried(request, f"1 call that is {request.node.callspec.id}")


def test_a_denied_call_is_told_with_the_permission_and_changes_nothing(live, burst, request):
    live.operator(REGISTER)
    before = active(live)
    change(live)
    burst.breaks("RegisterTaskDefinition", times=2, error={"code": "AccessDeniedException"})
    answer = live.functions.invoke(FunctionName=live.outputs["OperatorName"], Payload=json.dumps(REGISTER).encode())
    said = json.loads(answer["Payload"].read())
    assert said["errorType"] == "AwsError" and "ecs:RegisterTaskDefinition" in said["errorMessage"], said
    assert active(live) == before
    assert sorted(registered(live.operator(REGISTER))) == FAMILIES
    tried(request, "2 calls that are denied")
