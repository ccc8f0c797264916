"""The same job as one would write it at first: render what uses the pushed image, and register it.

No checks, no idempotency, no holding back after a rollback, one call after the other.
"""

import json
import os
from urllib.parse import urlparse

import _gojsonnet
import boto3
from botocore.config import Config

CONFIG = Config(s3={"addressing_style": "path"})
S3 = boto3.client("s3", config=CONFIG)
ECS = boto3.client("ecs")
ECR = boto3.client("ecr")

LOCATION = urlparse(os.environ["CONFIG_URI"])
BUCKET, PREFIX = LOCATION.netloc, LOCATION.path.lstrip("/")

# Contents by key and ETag, kept warm.
FILES = {}


def files():
    pages = S3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=PREFIX)
    listed = {o["Key"]: o["ETag"] for page in pages for o in page.get("Contents", [])}
    for key, etag in listed.items():
        if FILES.get(key, (None,))[0] != etag:
            FILES[key] = (etag, S3.get_object(Bucket=BUCKET, Key=key)["Body"].read().decode())
    return {key.removeprefix(PREFIX): FILES[key][1] for key in listed}


def render(snapshot, key, variables):
    def load(folder, name):
        path = os.path.normpath(os.path.join(folder, name))
        return path, snapshot[path].encode()

    text = _gojsonnet.evaluate_snippet(key, snapshot[key], ext_vars=variables, import_callback=load)
    return json.loads(text)


def definitions(snapshot):
    for key in snapshot:
        folder, name = os.path.split(key)
        if name != "ecspresso.yml":
            continue
        own = json.loads(snapshot.get(f"{folder}/crema.json", '{"variants": [{}]}'))
        for variant in own["variants"]:
            yield render(snapshot, f"{folder}/ecs-task-def.jsonnet", variant.get("ext_str", {}))


def pin(definition, repository, tag):
    for container in definition["containerDefinitions"]:
        name, _, of = container["image"].rpartition(":")
        if name.endswith("/" + repository) and of == tag:
            answer = ECR.batch_get_image(repositoryName=repository, imageIds=[{"imageTag": tag}])
            container["image"] = f"{name}@{answer['images'][0]['imageId']['imageDigest']}"
            return True
    return False


def handler(event, _context):
    detail = event["detail"]
    registered = []
    for definition in definitions(files()):
        if pin(definition, detail["repository-name"], detail["image-tag"]):
            answer = ECS.register_task_definition(**definition)
            registered.append(answer["taskDefinition"]["taskDefinitionArn"])
    return {"registered": registered}
