{ a: 1 } + { b: 'a' in super, c: 'z' in super }
