[std.all([true, true]), std.any([false, true]), std.all([]), std.any([]), std.sum([1, 2, 3]), std.avg([1, 2, 3])]
