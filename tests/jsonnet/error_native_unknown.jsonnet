std.native('nope')('x')
