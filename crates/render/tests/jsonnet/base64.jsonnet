[std.base64('hello é'), std.base64Decode('aGVsbG8='), std.base64([104, 105]), std.base64DecodeBytes('aGk='), std.base64('')]
