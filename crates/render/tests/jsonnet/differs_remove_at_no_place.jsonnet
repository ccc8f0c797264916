std.removeAt([1], 5)
