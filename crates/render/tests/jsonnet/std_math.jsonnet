[std.abs(-3), std.sign(-2), std.floor(1.7), std.ceil(1.2), std.round(2.5), std.sqrt(16), std.pow(2, 10), std.mod(7, 3), std.exponent(8), std.mantissa(8)]
