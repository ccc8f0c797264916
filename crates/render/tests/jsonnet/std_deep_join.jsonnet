std.deepJoin(['a', ['b', ['c']]])
