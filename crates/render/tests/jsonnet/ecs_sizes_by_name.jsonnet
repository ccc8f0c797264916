local sizes = { small: { cpu: '256', memory: '512' }, large: { cpu: '1024', memory: '2048' } };
{ [n]: { family: 'f-' + n } + sizes[n] for n in std.objectFields(sizes) }
