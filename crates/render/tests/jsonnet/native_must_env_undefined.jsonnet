std.native('must_env')('NOPE')
