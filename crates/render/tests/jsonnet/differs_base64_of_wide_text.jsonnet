std.base64('日本')
