(import 'lib/data.json') + { more: true }
