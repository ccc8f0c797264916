(import 'lib/outer.libsonnet').value
