local o = { b: 1, a: 2, h:: 3 }; [std.objectFields(o), std.objectFieldsAll(o), std.objectValues(o), std.objectValuesAll(o), std.objectHas(o, 'h'), std.objectHasAll(o, 'h')]
