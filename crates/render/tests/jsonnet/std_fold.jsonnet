[std.foldl(function(a, x) a + x, ['a', 'b', 'c'], ''), std.foldr(function(x, a) a + x, ['a', 'b', 'c'], '')]
