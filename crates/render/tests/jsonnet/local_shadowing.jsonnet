local x = 1; local y = (local x = 2; x); [x, y]
