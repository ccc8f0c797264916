std.contains('abc', 'b')
