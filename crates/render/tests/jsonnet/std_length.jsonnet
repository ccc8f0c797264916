[std.length('aé🔥'), std.length([1, 2]), std.length({ a: 1, b:: 2 }), std.length(function(a, b) 1)]
