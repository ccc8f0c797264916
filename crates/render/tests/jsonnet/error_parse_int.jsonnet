std.parseInt('12x')
