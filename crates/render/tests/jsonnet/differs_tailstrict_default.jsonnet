local f(x, y=error 'unused') = x; f(1) tailstrict
