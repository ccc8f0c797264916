{ a: { n: 1 } } + { a: { n: 2 } + super.a { m: 3 } }
