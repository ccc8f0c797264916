local x = error 'never'; local f(a, b) = a; { a: f(1, x), b: [1, error 'no'][0] }
