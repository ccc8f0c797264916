std.manifestIni({ sections: {} })
