std.manifestYamlStream([{ a: 1 }, [2]])
