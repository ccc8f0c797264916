local common = import '../lib/common.libsonnet';

local type = std.extVar('type');
local batch = type == 'batch';

local app = {
  name: 'app',
  image: common.image('shop'),
  essential: true,
  command: if batch then ['bin/jobs', 'run'] else ['bin/server', '--port', '8080'],
  portMappings: if batch then [] else [{ containerPort: 8080, protocol: 'tcp' }],
  environment: common.environment({
    APP_TYPE: type,
    LOG_LEVEL: 'info',
    POINTS: 'off',
  }),
  secrets: [{ name: 'DATABASE_URL', valueFrom: common.secret('shop/database-AbCdEf') }],
  logConfiguration: common.logs('/ecs/shop', type),
};

local proxy = {
  name: 'proxy',
  image: 'public.ecr.aws/nginx/nginx:1.27',
  essential: true,
  portMappings: [{ containerPort: 80, protocol: 'tcp' }],
  dependsOn: [{ containerName: 'app', condition: 'START' }],
  logConfiguration: common.logs('/ecs/shop', 'proxy'),
};

common.fargate(cpu=if batch then 1024 else 512, memory=if batch then 2048 else 1024) + {
  family: 'shop-' + type,
  executionRoleArn: common.role('shop-execution'),
  taskRoleArn: common.role('shop-task'),
  containerDefinitions: [app] + (if batch then [] else [proxy]),
  tags: [{ key: 'team', value: 'shop' }],
}
