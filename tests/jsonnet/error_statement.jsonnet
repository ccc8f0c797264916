{ a: error 'set me' }
