'use strict';

const { Contract } = require('fabric-contract-api');

/** Values by key. Every peer must compute the same result, so it asks neither a clock nor another service. */
class Store extends Contract {
    constructor() {
        super('Store');
    }

    /** Stores a value under a key, replacing any earlier one. */
    async Put(context, key, value) {
        if (!key) {
            throw new Error('the key is empty: give a key');
        }
        await context.stub.putState(key, Buffer.from(value));
    }

    /** The value under a key. */
    async Get(context, key) {
        const value = await context.stub.getState(key);
        if (value.length === 0) {
            throw new Error(`there is no value under ${JSON.stringify(key)}: put one first`);
        }
        return Buffer.from(value).toString();
    }
}

module.exports = { Store };
