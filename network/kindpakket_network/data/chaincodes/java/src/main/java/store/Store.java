package store;

import org.hyperledger.fabric.contract.Context;
import org.hyperledger.fabric.contract.ContractInterface;
import org.hyperledger.fabric.contract.annotation.Contract;
import org.hyperledger.fabric.contract.annotation.Default;
import org.hyperledger.fabric.contract.annotation.Transaction;
import org.hyperledger.fabric.shim.ChaincodeException;

/** Values by key. Every peer must compute the same result, so it asks neither a clock nor another service. */
@Default
@Contract(name = "Store")
public final class Store implements ContractInterface {
    /** Stores a value under a key, replacing any earlier one. */
    @Transaction(intent = Transaction.TYPE.SUBMIT, name = "Put")
    public void put(final Context context, final String key, final String value) {
        if (key.isEmpty()) {
            throw new ChaincodeException("the key is empty: give a key");
        }
        context.getStub().putStringState(key, value);
    }

    /** The value under a key. */
    @Transaction(intent = Transaction.TYPE.EVALUATE, name = "Get")
    public String get(final Context context, final String key) {
        final byte[] value = context.getStub().getState(key);
        if (value == null || value.length == 0) {
            throw new ChaincodeException("there is no value under \"" + key + "\": put one first");
        }
        return new String(value, java.nio.charset.StandardCharsets.UTF_8);
    }
}
