[std.join(',', ['a', 'b']), std.join([0], [[1], [2]]), std.join('-', []), std.join(',', ['a', null, 'b'])]
