local s = 'abcdef'; [s[1:3], s[:2], s[4:], s[::2], s[2]]
