[std.get({ a: 1 }, 'a'), std.get({ a: 1 }, 'b'), std.get({ a: 1 }, 'b', 'd'), std.get({ a:: 1 }, 'a'), std.get({ a:: 1 }, 'a', 0, false)]
