[std.stripChars('  a ', ' '), std.lstripChars('xxay', 'x'), std.rstripChars('axyx', 'xy'), std.trim('\t a b \n')]
