std.setMember('b', 'abc')
