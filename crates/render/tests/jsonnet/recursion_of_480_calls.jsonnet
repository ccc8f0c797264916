local count(n) = if n == 0 then 0 else 1 + count(n - 1);
local holds(n) = assert n == 0 || holds(n - 1) >= 0; n;
local same(x) = x;
{
  assert count(480) == 480,
  plain: count(480),
  argument: same(count(470)),
  assertions: holds(480),
  method(n):: if n == 0 then 0 else 1 + self.method(n - 1),
  methods: self.method(480),
}
