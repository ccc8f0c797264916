{ local d = i * 2, ['k' + i]: d for i in [1, 2] }
