{ a: |||
no indent
||| }
