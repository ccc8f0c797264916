[std.isEven(2), std.isOdd(2), std.isInteger(2.0), std.isDecimal(2.5), std.xor(true, false), std.xnor(true, false)]
