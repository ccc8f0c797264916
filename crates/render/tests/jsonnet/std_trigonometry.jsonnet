[std.floor(std.sin(1) * 1e6), std.floor(std.cos(1) * 1e6), std.floor(std.log(10) * 1e6), std.floor(std.exp(1) * 1e6), std.floor(std.pi * 1e6)]
