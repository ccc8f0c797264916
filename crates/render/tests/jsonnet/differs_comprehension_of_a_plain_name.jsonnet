{ x: 1 for _ in [1] }
