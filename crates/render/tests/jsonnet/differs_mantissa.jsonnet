std.mantissa(0.65625 * 1e10)
