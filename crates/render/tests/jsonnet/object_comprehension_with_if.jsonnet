{ [k]: std.length(k) for k in ['a', 'bb', 'ccc'] if std.length(k) > 1 }
