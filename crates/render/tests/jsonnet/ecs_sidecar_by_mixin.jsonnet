local base = { family: 'job', containerDefinitions: [{ name: 'app', image: 'app:1' }] };
local withSidecar(def, name) = def + {
  containerDefinitions: [c { dependsOn+: [{ containerName: name, condition: 'START' }] } for c in super.containerDefinitions] + [{ name: name, image: name + ':1', essential: false }],
};
withSidecar(base, 'fluentbit')
