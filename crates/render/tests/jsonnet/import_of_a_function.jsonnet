(import 'lib/function.libsonnet')('x', port=8080)
