{ a: |||-
  one
  two
||| }
