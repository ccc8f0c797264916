[std.map(function(x) x + 1, [1, 2]), std.filter(function(x) x > 1, [1, 2, 3]), std.filterMap(function(x) x > 1, function(x) x * 2, [1, 2, 3]), std.mapWithIndex(function(i, x) [i, x], ['a', 'b'])]
