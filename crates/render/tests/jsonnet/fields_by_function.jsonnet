local field(name, value) = { [name]: value }; field('a', 1) + field('b', [2])
