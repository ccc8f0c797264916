{ f(x, y=2):: x + y, a: self.f(1), b: self.f(1, 5), c: self.f(y=3, x=4) }
