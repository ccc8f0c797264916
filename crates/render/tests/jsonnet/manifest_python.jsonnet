[std.manifestPython({ a: true, b: null, c: [1, 'x'] }), std.manifestPythonVars({ a: 1, b: 'x' })]
