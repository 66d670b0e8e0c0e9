import { Context, Contract, Info, Returns, Transaction } from 'fabric-contract-api';

/** Values by key. Every peer must compute the same result, so it asks neither a clock nor another service. */
@Info({ title: 'Store', description: 'Values by key' })
export class Store extends Contract {
    constructor() {
        super('Store');
    }

    /** Stores a value under a key, replacing any earlier one. */
    @Transaction()
    public async Put(context: Context, key: string, value: string): Promise<void> {
        if (!key) {
            throw new Error('the key is empty: give a key');
        }
        await context.stub.putState(key, Buffer.from(value));
    }

    /** The value under a key. */
    @Transaction(false)
    @Returns('string')
    public async Get(context: Context, key: string): Promise<string> {
        const value = await context.stub.getState(key);
        if (value.length === 0) {
            throw new Error(`there is no value under ${JSON.stringify(key)}: put one first`);
        }
        return Buffer.from(value).toString();
    }
}
