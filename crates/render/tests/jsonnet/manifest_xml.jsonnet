std.manifestXmlJsonml(['a', { b: 'c' }, 'text', ['d']])
