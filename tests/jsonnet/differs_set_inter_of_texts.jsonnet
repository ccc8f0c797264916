std.setInter('abc', 'bcd')
