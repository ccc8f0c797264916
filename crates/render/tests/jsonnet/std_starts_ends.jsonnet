[std.startsWith('abc', 'ab'), std.endsWith('abc', 'bc'), std.startsWith('a', 'ab'), std.startsWith('a', '')]
