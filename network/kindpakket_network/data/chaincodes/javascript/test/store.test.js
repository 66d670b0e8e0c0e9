'use strict';

const assert = require('node:assert');
const { test } = require('node:test');
const { Store } = require('../lib/store');

/** A context whose state is a map in memory. */
function context() {
    const state = new Map();
    return {
        stub: {
            putState: async (key, value) => state.set(key, value),
            getState: async (key) => state.get(key) ?? Buffer.alloc(0),
        },
    };
}

test('a value that was put is found', async () => {
    const ctx = context();
    await new Store().Put(ctx, 'a', '1');
    assert.strictEqual(await new Store().Get(ctx, 'a'), '1');
});

test('a key without a value is refused', async () => {
    await assert.rejects(new Store().Get(context(), 'a'), /no value under "a"/);
});
