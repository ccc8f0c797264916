{ a: null, b: [null], c: { d: null } }
