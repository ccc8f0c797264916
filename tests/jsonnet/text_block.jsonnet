{ a: |||
  one
    two

  three
||| }
