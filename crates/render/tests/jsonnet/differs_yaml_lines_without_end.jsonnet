std.manifestYamlDoc({ a: 'one\ntwo' })
