{ a:: { x: 1 } } + { a+:: { y: 2 }, b: self.a }
