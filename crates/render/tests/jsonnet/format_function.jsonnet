[std.format('%s-%s', ['a', 'b']), std.format('%(a)s', { a: 1 }), std.format('%03d', 7)]
