{ a: nope }
