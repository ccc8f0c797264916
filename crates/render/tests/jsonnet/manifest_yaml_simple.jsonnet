std.manifestYamlDoc({ a: 1, b: ['x', { c: true }], d: 'text: with colon', f: null, g: {}, h: [] })
