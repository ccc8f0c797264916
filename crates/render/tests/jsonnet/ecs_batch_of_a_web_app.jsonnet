local common = import 'lib/app.libsonnet';
local isBatch = std.extVar('type') == 'batch';

common.taskDefinition('batch', cpu=if isBatch then 256 else 1024) {
  containerDefinitions: [
    common.container('app', 'v1') {
      command: if isBatch then ['bundle', 'exec', 'rake'] else ['puma'],
      environment+: [{ name: 'ROLE', value: std.extVar('type') }],
      portMappings: if isBatch then [] else [{ containerPort: 3000 }],
    },
  ],
}
