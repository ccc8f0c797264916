local a = import 'lib/constants.libsonnet', b = import 'lib/constants.libsonnet'; a == b || std.type(a) == 'object'
