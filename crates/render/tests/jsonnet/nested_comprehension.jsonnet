[[x * y for y in std.range(1, x)] for x in std.range(1, 4)]
