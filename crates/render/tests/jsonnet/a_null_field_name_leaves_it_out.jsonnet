{ [if false then 'a']: 1, [if true then 'b']: 2 }
