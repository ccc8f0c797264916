{ type: std.extVar('type'), other: std.extVar('spaced') }
