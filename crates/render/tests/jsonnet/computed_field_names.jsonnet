local n = 'key'; { [n]: 1, [n + '2']: 2, ['a-b']: 3 }
