std.manifestYamlDoc({ e: 1 }, quote_keys=false)
