[std.range(2, 5), std.range(1, 0), std.makeArray(4, function(i) i * i)]
