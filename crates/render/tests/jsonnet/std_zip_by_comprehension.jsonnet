local a = ['x', 'y'], b = [1, 2]; { [a[i]]: b[i] for i in std.range(0, std.length(a) - 1) }
