local env(o) = [{ name: k, value: std.toString(o[k]) } for k in std.objectFields(o) if o[k] != null];
{ environment: env({ B: 1, A: 'x', C: true, D: null }) }
