std.setUnion('ab', 'bc')
