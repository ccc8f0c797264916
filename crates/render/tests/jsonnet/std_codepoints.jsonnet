[std.codepoint('é'), std.char(128293), [std.codepoint(c) for c in std.stringChars('aé')]]
