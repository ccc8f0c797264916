[std.mergePatch({ a: 1, b: { c: 2, d: 3 } }, { b: { c: null, e: 4 }, f: 5 }), std.mergePatch({ a: [1] }, { a: [2] }), std.mergePatch({ a: 1 }, null), std.mergePatch(1, { a: null, b: 1 })]
