function(name, port=80, proto='tcp') { name: name, portMappings: [{ containerPort: port, protocol: proto }] }
