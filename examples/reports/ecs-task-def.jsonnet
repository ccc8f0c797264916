local fargate = std.extVar('launch_type') == 'FARGATE';

{
  "family": if fargate then "reports-fargate" else "reports-ec2",
  "requiresCompatibilities": [std.extVar('launch_type')],
  "networkMode": if fargate then "awsvpc" else "bridge",
  "cpu": "1024",
  "memory": "2048",
  "executionRoleArn": "arn:aws:iam::123456789012:role/reports-execution",
  "taskRoleArn": "arn:aws:iam::123456789012:role/reports-task",
  "containerDefinitions": [
    {
      "name": "reports",
      "image": "123456789012.dkr.ecr.ap-northeast-1.amazonaws.com/reports:release",
      "essential": true,
      "command": ["python", "-m", "reports", "nightly"],
      "environment": [
        {"name": "REPORT_BUCKET", "value": "acme-reports"},
        {"name": "TIMEZONE", "value": "Asia/Tokyo"}
      ],
      [if !fargate then "mountPoints"]: [
        {"sourceVolume": "scratch", "containerPath": "/scratch", "readOnly": false}
      ],
      "logConfiguration": {
        "logDriver": "awslogs",
        "options": {
          "awslogs-group": "/ecs/reports",
          "awslogs-region": "ap-northeast-1",
          "awslogs-stream-prefix": "nightly"
        }
      }
    }
  ],
  [if !fargate then "volumes"]: [
    {"name": "scratch", "host": {"sourcePath": "/mnt/scratch"}}
  ],
  [if fargate then "ephemeralStorage"]: {"sizeInGiB": 50}
}
