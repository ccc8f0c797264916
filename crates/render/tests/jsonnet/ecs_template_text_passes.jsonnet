{ image: 'repo:{{ must_env `IMAGE_TAG` }}' }
