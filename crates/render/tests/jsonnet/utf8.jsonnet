[std.encodeUTF8('é🔥'), std.decodeUTF8([195, 169])]
