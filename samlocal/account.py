"""The account that the files of events/ speak of: the app `batch`, its library, its image, and its family's revisions."""

from demo.emulator import REGION
from demo.world import World

BUCKET = "crema-config"
FAMILY = "batch"
# The files of events/ name revisions 40 and 41: those before them are somebody's.
OLDER = 39

FILES = {
    "batch/ecspresso.yml": """\
region: ap-northeast-1
cluster: batch
service: batch
task_definition: ecs-task-def.jsonnet
""",
    "batch/crema.json": '{"variants": [{"ext_str": {"type": "batch"}}]}\n',
    "batch/ecs-task-def.jsonnet": """\
local task = import '../lib/task.libsonnet';
task('batch') { cpu: '256', memory: '512' }
""",
    "lib/task.libsonnet": """\
function(family) {
  family: family,
  networkMode: 'awsvpc',
  requiresCompatibilities: ['FARGATE'],
  executionRoleArn: 'arn:aws:iam::123456789012:role/batch-execution',
  containerDefinitions: [{
    name: 'app',
    image: '123456789012.dkr.ecr.ap-northeast-1.amazonaws.com/batch:release',
    environment: [{ name: 'TYPE', value: std.extVar('type') }],
  }],
}
""",
}


class Account:
    def __init__(self, emulator):
        self.world = World(emulator, {})
        self.pushes = 0

    def make(self):
        self.world.s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
        for key in FILES:
            self.upload(key)
        self.world.ecr.create_repository(repositoryName=FAMILY)
        self.push()
        container = {"name": "app", "image": f"{FAMILY}:by-hand"}
        for _ in range(OLDER):
            self.world.ecs.register_task_definition(family=FAMILY, containerDefinitions=[container])

    def upload(self, key, old="", new=""):
        self.world.s3.put_object(Bucket=BUCKET, Key=f"crema/{key}", Body=FILES[key].replace(old, new).encode())

    def change(self):
        """Gives the job more memory."""
        self.upload("batch/ecs-task-def.jsonnet", "'512'", "'1024'")

    def push(self):
        """Pushes another image under the same tag."""
        self.pushes += 1
        self.world.push_image(FAMILY, "release", str(self.pushes))
