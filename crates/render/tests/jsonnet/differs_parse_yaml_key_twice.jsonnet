std.parseYaml('a: 1\na: 2')
