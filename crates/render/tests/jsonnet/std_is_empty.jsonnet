[std.isEmpty(''), std.isEmpty('a')]
