assert 1 < 2; assert true : 'fine'; { assert self.a > 0 : 'positive', a: 1 }
