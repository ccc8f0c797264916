std.native('must_env')('IMAGE_TAG')
