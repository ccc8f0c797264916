[std.escapeStringJson('a"b\\c\n\u0001é'), std.escapeStringPython('a"b'), std.escapeStringXML('<a b="c">&\'')]
