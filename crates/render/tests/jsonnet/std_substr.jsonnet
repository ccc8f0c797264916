[std.substr('abcdef', 2, 3), std.substr('aé🔥d', 1, 2), std.substr('ab', 5, 2), std.substr('abc', 1, 99)]
