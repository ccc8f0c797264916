[c for c in std.stringChars('aé🔥')]
