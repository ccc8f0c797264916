[std.max(1, 2), std.min(1, 2), std.maxArray([1, 5, 3]), std.minArray([4, 2, 8]), std.maxArray(['a', 'b']), std.clamp(15, 0, 10)]
