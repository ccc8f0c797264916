{
  container(name, tag):: {
    name: name,
    image: '123456789012.dkr.ecr.ap-northeast-1.amazonaws.com/%s:%s' % [name, tag],
    essential: true,
    environment: [{ name: 'TZ', value: 'UTC' }],
  },
  taskDefinition(family, cpu=256):: {
    family: family,
    cpu: std.toString(cpu),
    memory: std.toString(cpu * 2),
    requiresCompatibilities: ['FARGATE'],
    networkMode: 'awsvpc',
  },
}
