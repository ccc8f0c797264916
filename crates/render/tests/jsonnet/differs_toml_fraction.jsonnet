std.manifestTomlEx({ a: 1.42 }, '  ')
