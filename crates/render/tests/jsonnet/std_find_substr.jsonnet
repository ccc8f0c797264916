[std.findSubstr('ab', 'abcabab'), std.findSubstr('aa', 'aaa'), std.findSubstr('z', 'a')]
