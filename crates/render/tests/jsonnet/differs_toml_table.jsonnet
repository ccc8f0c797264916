std.manifestTomlEx({ t: { a: 1 } }, '  ')
