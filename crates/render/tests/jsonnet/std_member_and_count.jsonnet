[std.member([1, 2], 2), std.member('abc', 'b'), std.count([1, 2, 1], 1), std.find(1, [1, 2, 1]), std.contains([1, 2], 3)]
