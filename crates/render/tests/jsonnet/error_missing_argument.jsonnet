local f(x, y) = x; f(1)
