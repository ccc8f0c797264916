local a = 1, b = a + 1; local c = a + b; [a, b, c]
