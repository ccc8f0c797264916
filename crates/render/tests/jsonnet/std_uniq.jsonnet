[std.uniq([1, 1, 2, 2, 1]), std.uniq([{ a: 1, b: 1 }, { a: 1, b: 2 }], function(x) x.a)]
