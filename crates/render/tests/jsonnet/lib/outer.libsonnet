{ value: (import 'nested/inner.libsonnet') + 1 }
