local logs(group) = { logConfiguration: { logDriver: 'awslogs', options: { 'awslogs-group': group, 'awslogs-region': 'ap-northeast-1', 'awslogs-stream-prefix': 'ecs' } } };
{ name: 'app' } + logs('/ecs/' + std.extVar('type'))
