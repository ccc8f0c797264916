std.extVar('double')(21)
