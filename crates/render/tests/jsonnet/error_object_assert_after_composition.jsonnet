{ assert self.a > 5, a: 9 } + { a: 1 }
