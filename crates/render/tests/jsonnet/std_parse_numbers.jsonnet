[std.parseInt('-12'), std.parseInt('007'), std.parseHex('ff'), std.parseHex('FF'), std.parseOctal('17')]
