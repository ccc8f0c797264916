[std.slice([1, 2, 3, 4, 5], 0, 4, 2), std.slice('abcdef', 1, 4, 1)]
