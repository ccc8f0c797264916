"""What the demo does to the emulated account: uploads, images, events and calls, and what it reads back."""

import hashlib
import json
import subprocess
import time
import uuid
from datetime import datetime, timezone

from botocore.exceptions import ClientError

from demo import table
from demo.deploy import APPS, BUCKET, PREFIX, ROOT
from demo.emulator import ACCOUNT, REGION
from demo.screen import Failure

EXAMPLES = ROOT / "examples"
FAMILIES = ["shop-web", "shop-batch", "reports-ec2", "reports-fargate"]


class World:
    def __init__(self, emulator, outputs):
        self.outputs = outputs
        self.environment = emulator.environment
        self.s3 = emulator.client("s3")
        self.ecr = emulator.client("ecr")
        self.ecs = emulator.client("ecs")
        self.events = emulator.client("events")
        self.sqs = emulator.client("sqs")
        self.functions = emulator.client("lambda")
        self.iam = emulator.client("iam")
        self.logs = emulator.client("logs")

    def command(self, *arguments):
        """The command `crema` as a person types it, with credentials of the account; what it said and how it ended."""
        program = ROOT / ".demo" / "build" / "crema"
        ran = subprocess.run([program, *arguments], env=self.environment, capture_output=True, text=True, timeout=120)
        return ran.returncode, ran.stdout + ran.stderr

    def revisions(self):
        return table.read(self.ecs, FAMILIES)

    def upload(self, key, text):
        self.s3.put_object(Bucket=BUCKET, Key=PREFIX + key, Body=text.encode())

    def upload_examples(self, *folders):
        """Uploads folders of the examples as `aws s3 sync` does; gives the number of files."""
        files = sorted(path for folder in folders for path in (EXAMPLES / folder).rglob("*") if path.is_file())
        for path in files:
            self.upload(path.relative_to(EXAMPLES).as_posix(), path.read_text())
        return len(files)

    def change(self, key, old, new):
        """Uploads a file of the examples with every earlier change and one more."""
        text = self.s3.get_object(Bucket=BUCKET, Key=PREFIX + key)["Body"].read().decode()
        if text.count(old) != 1:
            raise Failure(f"examples/{key} does not hold `{old}` once: the demo changes that place.")
        self.upload(key, text.replace(old, new))

    def make_account(self):
        """What the teams have already: a repository for each app, and the roles of its tasks."""
        trust = {"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
        for app in APPS:
            self.ecr.create_repository(repositoryName=app)
            for role in ("task", "execution"):
                self.iam.create_role(RoleName=f"{app}-{role}", AssumeRolePolicyDocument=document)

    def push_image(self, repository, tag, content):
        """Puts an image under the tag; gives its digest."""

        def blob(kind, text):
            data = text.encode()
            return {"mediaType": kind, "size": len(data), "digest": f"sha256:{hashlib.sha256(data).hexdigest()}"}

        manifest = {
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": blob("application/vnd.oci.image.config.v1+json", f"config {content}"),
            "layers": [blob("application/vnd.oci.image.layer.v1.tar+gzip", f"layer {content}")],
        }
        answer = self.ecr.put_image(repositoryName=repository, imageTag=tag, imageManifest=json.dumps(manifest))
        return answer["image"]["imageId"]["imageDigest"]

    def push_event(self, repository, tag, digest):
        """The event that ECR emits after such a push."""
        return event(
            "aws.ecr",
            "ECR Image Action",
            {
                "action-type": "PUSH",
                "result": "SUCCESS",
                "repository-name": repository,
                "image-tag": tag,
                "image-digest": digest,
                "manifest-media-type": "application/vnd.oci.image.manifest.v1+json",
            },
        )

    def put_event(self, payload):
        """Puts the event on the default bus; gives it as it is delivered, with the id it got there."""
        answer = self.events.put_events(
            Entries=[
                {
                    "Source": payload["source"],
                    "DetailType": payload["detail-type"],
                    "Detail": json.dumps(payload["detail"]),
                    "Time": datetime.fromisoformat(payload["time"].replace("Z", "+00:00")),
                }
            ]
        )
        entry = answer["Entries"][0]
        if "EventId" not in entry:
            raise Failure(f"The event was not taken: {entry}")
        return {**payload, "id": entry["EventId"]}

    def task_event(self, family, revision, exit_code):
        """The event of a task of this revision that a schedule started and that ended so."""
        file = "task-good.json" if exit_code == 0 else "task-exit-1.json"
        stopped = json.loads((ROOT / "events" / file).read_text())
        detail = stopped["detail"]
        detail["taskDefinitionArn"] = f"arn:aws:ecs:{REGION}:{ACCOUNT}:task-definition/{family}:{revision}"
        detail["group"] = f"family:{family}"
        asked = event("aws.ecs", "ECS Task State Change", detail)
        detail.update({name: asked["time"] for name in detail if name.endswith("At")})
        return {**asked, "resources": stopped["resources"]}

    def hear_notices(self):
        """From now on a queue takes what crema puts on the default bus."""
        self.notices_queue = self.sqs.create_queue(QueueName="crema-demo-notices")["QueueUrl"]
        pattern = {"source": ["crema"], "detail-type": ["Task Definition Outcome"]}
        self.events.put_rule(Name="crema-demo-notices", EventPattern=json.dumps(pattern))
        arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:crema-demo-notices"
        self.events.put_targets(Rule="crema-demo-notices", Targets=[{"Id": "queue", "Arn": arn}])

    def notices(self, decision, patience=20):
        """The details of the notices of this decision that came, as soon as there is one."""
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            answer = self.sqs.receive_message(QueueUrl=self.notices_queue, MaxNumberOfMessages=10)
            told = []
            for message in answer.get("Messages", []):
                self.sqs.delete_message(QueueUrl=self.notices_queue, ReceiptHandle=message["ReceiptHandle"])
                told.append(json.loads(message["Body"])["detail"])
            found = [detail for detail in told if detail["decision"] == decision]
            if found:
                return found
            time.sleep(0.3)
        return []

    def mishaps(self):
        """The last errors that the functions logged."""
        groups = (self.outputs["RegistrarLogGroup"], self.outputs["OperatorLogGroup"])
        messages = [m["message"] for g in groups for m in self.logs.filter_log_events(logGroupName=g)["events"]]
        return [message for message in messages if '"level":"ERROR"' in message][-3:]

    def registrar(self, payload):
        return self.call(self.outputs["RegistrarName"], payload)

    def operator(self, payload):
        return self.call(self.outputs["OperatorName"], payload)

    def call(self, function, payload, patience=60):
        """Calls a function and waits for its answer; where its one copy is busy, tries again."""
        deadline = time.monotonic() + patience
        while True:
            try:
                answer = self.functions.invoke(FunctionName=function, Payload=json.dumps(payload).encode())
                break
            except ClientError as error:
                if error.response["Error"]["Code"] != "TooManyRequestsException" or time.monotonic() > deadline:
                    raise
                time.sleep(0.5)
        body = json.loads(answer["Payload"].read() or "null")
        if "FunctionError" in answer or not isinstance(body, dict) or "outcomes" not in body:
            raise Failure(f"{function} answered with an error: {json.dumps(body, indent=2)}")
        return body


def event(source, detail_type, detail):
    """An event as EventBridge delivers it."""
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "source": source,
        "detail-type": detail_type,
        "account": ACCOUNT,
        "region": REGION,
        "time": datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "resources": [],
        "detail": detail,
    }
