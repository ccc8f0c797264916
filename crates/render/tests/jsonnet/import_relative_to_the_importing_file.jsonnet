import 'lib/nested/deep.libsonnet'
