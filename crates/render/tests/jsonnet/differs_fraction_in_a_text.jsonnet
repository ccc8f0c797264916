['' + 0.1, std.toString(1 / 3), '%s' % 0.7]
