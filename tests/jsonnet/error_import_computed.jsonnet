import ('lib/' + 'constants.libsonnet')
