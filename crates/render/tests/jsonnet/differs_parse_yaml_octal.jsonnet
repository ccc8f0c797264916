std.parseYaml('a: 012')
