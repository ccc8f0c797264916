std.manifestJsonMinified({ a: 'é"\n\u0007<>&' })
