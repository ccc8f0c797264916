local sum(n, of) = if n == 0 then of else sum(n - 1, of + n) tailstrict;
local same(x) = x;
{
  assert sum(10000, 0) > 0,
  plain: sum(10000, 0),
  argument: same(sum(10000, 0)),
  method(n, of):: if n == 0 then of else self.method(n - 1, of + 1) tailstrict,
  methods: self.method(10000, 0),
}
