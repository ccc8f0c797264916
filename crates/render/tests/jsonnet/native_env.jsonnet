{ a: std.native('env')('IMAGE_TAG', 'latest'), b: std.native('env')('NOPE', 'latest') }
