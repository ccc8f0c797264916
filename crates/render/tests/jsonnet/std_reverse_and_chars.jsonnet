[std.reverse([1, 2, 3]), std.join('', std.reverse(std.stringChars('abc')))]
