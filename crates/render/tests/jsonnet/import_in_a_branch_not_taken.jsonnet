if true then 1 else import 'lib/broken.libsonnet'
