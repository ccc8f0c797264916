[std.asciiUpper('aéZ'), std.asciiLower('AÉz'), std.equalsIgnoreCase('AbC', 'aBc')]
