{ [a + b]: 1 for a in ['x', 'y'] for b in ['1', '2'] }
