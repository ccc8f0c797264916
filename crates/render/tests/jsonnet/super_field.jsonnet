{ a: 1, b: 'x' } + { a: super.a + 1, b: super.b + 'y' }
