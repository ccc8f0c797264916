[std.type(x) for x in [null, true, 1, 'a', [], {}, function() 1]] + [std.isString('a'), std.isNumber('a'), std.isBoolean(false), std.isObject({}), std.isArray([]), std.isFunction(std.length)]
