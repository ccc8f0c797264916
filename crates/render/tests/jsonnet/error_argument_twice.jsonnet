local f(x) = x; f(1, x=2)
