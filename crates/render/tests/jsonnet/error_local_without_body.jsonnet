local a = 1;
