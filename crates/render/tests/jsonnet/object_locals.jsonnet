{ local x = 2, a: x, b: self.a * x }
