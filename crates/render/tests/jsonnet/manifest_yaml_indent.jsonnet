std.manifestYamlDoc({ a: ['x'] }, indent_array_in_object=true, quote_keys=false)
