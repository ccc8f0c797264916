std.parseInt('+1')
