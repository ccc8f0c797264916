std.escapeStringJson('\u007f\u2028')
