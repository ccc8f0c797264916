[std.escapeStringBash("it's"), std.escapeStringDollars('a$b$$')]
