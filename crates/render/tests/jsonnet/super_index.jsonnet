local f = 'a'; { a: 1 } + { [f]: super[f] + 10 }
