local f(x) = x; f(z=1)
