{ local me = self, a: 1, b: { c: me.a } }
