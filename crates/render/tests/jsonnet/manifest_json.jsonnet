[std.manifestJson({ b: [1, {}, []], a: { c: null } }), std.manifestJsonMinified({ b: 1, a: [true, 'x'] }), std.manifestJsonEx({ a: [1, 2] }, '\t')]
