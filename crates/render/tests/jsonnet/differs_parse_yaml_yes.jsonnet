std.parseYaml('{y: 1, on: no}')
