local add(a) = function(b) a + b; local twice(f, x) = f(f(x)); [add(1)(2), twice(add(3), 1)]
