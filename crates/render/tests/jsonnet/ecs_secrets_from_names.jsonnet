local prefix = '/app/%s' % std.extVar('type');
{ secrets: [{ name: n, valueFrom: prefix + '/' + std.asciiLower(n) } for n in ['DB_PASSWORD', 'API_KEY']] }
