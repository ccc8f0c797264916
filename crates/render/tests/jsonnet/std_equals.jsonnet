[std.assertEqual({ a: 1 }, { a: 1 }), std.primitiveEquals(1, 1), std.equals([1, { a: 2 }], [1, { a: 2 }])]
