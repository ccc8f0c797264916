std.parseYaml('a: 1\nb:\n  - x\n  - z: true\nc: "s"\nd: null\n')
