[std.strReplace('a.b.c', '.', '-'), std.strReplace('aaa', 'aa', 'b'), std.strReplace('é', 'é', 'e')]
