std.trace('note', 42)
