'%(name)-10s|%(n)05d' % { name: 'batch', n: 42 }
