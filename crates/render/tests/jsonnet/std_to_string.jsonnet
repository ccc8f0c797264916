[std.toString(1), std.toString('a'), std.toString([1, 'a']), std.toString({ b: 1, a: [] }), std.toString(null), std.toString(true)]
