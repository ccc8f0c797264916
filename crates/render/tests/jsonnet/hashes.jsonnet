[std.md5('hello'), std.md5(''), std.sha1('a'), std.sha256('a'), std.length(std.sha512('a')), std.length(std.sha3('a'))]
