std.setDiff('abc', 'b')
