local mixin = { spec+: { replicas: 3, labels+: { a: '1' } } }; { spec: { labels: { b: '2' }, image: 'x' } } + mixin + { spec+: { image: super.image + ':v1' } }
