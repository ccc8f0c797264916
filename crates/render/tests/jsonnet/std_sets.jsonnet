local a = std.set([3, 1, 2, 1]), b = std.set([2, 3, 4]); [a, std.setUnion(a, b), std.setInter(a, b), std.setDiff(a, b), std.setMember(2, a), std.setMember(9, a)]
