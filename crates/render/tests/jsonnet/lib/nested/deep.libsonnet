{ up: (import '../constants.libsonnet').cpu, text: importstr '../note.txt' }
