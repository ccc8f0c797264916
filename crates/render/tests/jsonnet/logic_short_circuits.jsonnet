[true || error 'x', false && error 'y', !true, true && false]
