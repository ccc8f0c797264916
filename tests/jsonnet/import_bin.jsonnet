importbin 'lib/note.txt'
