local a = a; a
