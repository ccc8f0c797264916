local tags = { Team: 'x', App: 'y' }; { tags: [{ key: k, value: tags[k] } for k in std.sort(std.objectFields(tags))] }
