std.char(55296)
