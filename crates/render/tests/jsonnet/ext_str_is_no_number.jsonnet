std.type(std.extVar('digits'))
