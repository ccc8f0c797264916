local k = function(x) x.n; local a = std.set([{ n: 2 }, { n: 1 }], k); [a, std.setUnion(a, [{ n: 3 }], k), std.setInter(a, [{ n: 2 }], k), std.setMember({ n: 1 }, a, k)]
