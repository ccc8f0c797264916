local c = import 'lib/constants.libsonnet'; { cpu: c.cpu, env: c.env('A', 'b') }
