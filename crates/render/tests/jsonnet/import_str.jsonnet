{ a: importstr 'lib/note.txt', n: std.length(self.a) }
