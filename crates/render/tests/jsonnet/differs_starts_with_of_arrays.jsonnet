std.startsWith([1, 2], [1])
