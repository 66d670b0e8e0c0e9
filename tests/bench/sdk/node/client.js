// The official Node SDK as a client of the comparison: it reads a job as one line of JSON, submits the job's keys with
// so many in flight, writes what became of each as one line of JSON, and ends when its input does.

import { createPrivateKey } from 'node:crypto';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';

import * as grpc from '@grpc/grpc-js';
import { connect, EndorseError, GatewayError, hash, signers, StatusCode } from '@hyperledger/fabric-gateway';

const { version } = createRequire(import.meta.url)('./node_modules/@hyperledger/fabric-gateway/package.json');

function open(job, client) {
    const within = (seconds) => () => ({ deadline: Date.now() + 1000 * seconds });
    return connect({
        client,
        identity: { mspId: job.mspid, credentials: Buffer.from(job.certificate) },
        signer: signers.newPrivateKeySigner(createPrivateKey(job.private_key)),
        hash: hash.sha256,
        evaluateOptions: within(5),
        endorseOptions: within(15),
        submitOptions: within(5),
        commitStatusOptions: within(60),
    });
}

// As many loops as are in flight; each takes the next key when its last transaction is done.
async function submitAll(contract, job, keys) {
    const transactions = new Array(keys.length);
    let next = 0;
    const work = async () => {
        while (next < keys.length) {
            const index = next++;
            transactions[index] = await submit(contract, job, keys[index]);
        }
    };
    await Promise.all(Array.from({ length: job.in_flight }, work));
    return transactions;
}

async function submit(contract, job, key) {
    const began = performance.now();
    const done = { key, transaction_id: '', outcome: 'valid', reason: '' };
    try {
        const commit = await contract.submitAsync(job.function, { arguments: [key, job.value] });
        done.transaction_id = commit.getTransactionId();
        const status = await commit.getStatus();
        if (!status.successful) {
            done.outcome = 'invalid';
            done.reason = StatusCode[status.code];
        }
    } catch (error) {
        // What was not endorsed was not ordered; after any other error it may be on the ledger all the same.
        done.outcome = error instanceof EndorseError ? 'failed' : 'unknown';
        const details = error instanceof GatewayError ? error.details : [];
        done.reason = [error, ...details.map((detail) => detail.message)].join('; ');
        done.transaction_id ||= error.transactionId ?? '';
    }
    done.milliseconds = performance.now() - began;
    return done;
}

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const job = JSON.parse((await lines.next()).value);
const client = new grpc.Client(job.endpoints[0], grpc.credentials.createSsl(Buffer.from(job.tls_roots[0])));
const gateway = open(job, client);
const contract = gateway.getNetwork(job.channel).getContract(job.chaincode);

const warmUp = await submitAll(contract, job, job.warm_up);
const before = process.cpuUsage();
const began = performance.now();
const transactions = await submitAll(contract, job, job.keys);
const seconds = (performance.now() - began) / 1000;
const cpu = process.cpuUsage(before);

const result = {
    sdk: `@hyperledger/fabric-gateway ${version}`,
    runtime: `Node ${process.version}`,
    seconds,
    cpu_seconds: (cpu.user + cpu.system) / 1e6,
    warm_up: warmUp,
    transactions,
};
process.stdout.write(`${JSON.stringify(result)}\n`);
await lines.next();
gateway.close();
client.close();
