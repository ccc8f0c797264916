std.manifestXmlJsonml(['a', 'x<y'])
