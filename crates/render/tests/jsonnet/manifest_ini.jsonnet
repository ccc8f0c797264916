std.manifestIni({ main: { a: '1' }, sections: { s: { b: ['2', '3'] } } })
