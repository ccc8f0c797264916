std.parseJson('{"a": [1, 2.5, true, null, "x\\u00e9"], "b": {}}')
