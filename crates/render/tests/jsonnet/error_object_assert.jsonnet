{ assert self.a > 5 : 'small', a: 1 }
