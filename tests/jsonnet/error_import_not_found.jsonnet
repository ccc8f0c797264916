import 'lib/gone.libsonnet'
