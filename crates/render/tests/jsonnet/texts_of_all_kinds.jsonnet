["a\tb", 'it\'s', @'raw\n', @"raw""q", 'u\u00e9\ud83d\udd25', 'a"b']
