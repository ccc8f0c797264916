{ cpu: std.extVar('spec').cpu, n: std.extVar('n') + 1 }
