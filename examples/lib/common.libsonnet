// What every task definition of the team has in common.
local account = '123456789012';
local region = 'ap-northeast-1';

{
  image(repository, tag='release'):: '%s.dkr.ecr.%s.amazonaws.com/%s:%s' % [account, region, repository, tag],

  role(name):: 'arn:aws:iam::%s:role/%s' % [account, name],

  secret(name):: 'arn:aws:secretsmanager:%s:%s:secret:%s' % [region, account, name],

  // {A: 'x'} as ECS wants it: [{name: 'A', value: 'x'}]
  environment(variables):: [{ name: name, value: variables[name] } for name in std.objectFields(variables)],

  logs(group, prefix):: {
    logDriver: 'awslogs',
    options: {
      'awslogs-group': group,
      'awslogs-region': region,
      'awslogs-stream-prefix': prefix,
    },
  },

  fargate(cpu, memory):: {
    requiresCompatibilities: ['FARGATE'],
    networkMode: 'awsvpc',
    cpu: std.toString(cpu),
    memory: std.toString(memory),
    runtimePlatform: { cpuArchitecture: 'ARM64', operatingSystemFamily: 'LINUX' },
  },
}
