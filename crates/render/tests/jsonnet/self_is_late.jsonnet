{ a: self.b, b: 1 } + { b: 2 }
