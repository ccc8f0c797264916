std.escapeStringJson(5)
