{ cpu: 256, env(name, value):: { name: name, value: value } }
