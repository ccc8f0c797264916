{ a: function(x) x }
