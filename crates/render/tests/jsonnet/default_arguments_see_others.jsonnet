local f(a, b=a * 2, c=b + 1) = [a, b, c]; [f(1), f(1, 5), f(1, c=0), f(b=1, a=2)]
