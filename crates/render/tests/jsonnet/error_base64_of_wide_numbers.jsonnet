std.base64([300])
