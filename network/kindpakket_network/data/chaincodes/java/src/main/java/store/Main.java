package store;

import java.net.InetSocketAddress;
import org.hyperledger.fabric.contract.ContractRouter;
import org.hyperledger.fabric.shim.ChaincodeServerProperties;
import org.hyperledger.fabric.shim.NettyChaincodeServer;

/** Serves the contract to its peer, which must show its certificate. */
public final class Main {
    private Main() {
    }

    /** Starts the server; it runs until the process is stopped. */
    public static void main(final String[] arguments) throws Exception {
        final String address = System.getenv("CHAINCODE_SERVER_ADDRESS");
        final int colon = address.lastIndexOf(':');
        final ChaincodeServerProperties properties = new ChaincodeServerProperties();
        properties.setServerAddress(
            new InetSocketAddress(address.substring(0, colon), Integer.parseInt(address.substring(colon + 1))));
        properties.setTlsEnabled(true);
        properties.setKeyFile(System.getenv("CHAINCODE_TLS_KEY"));
        properties.setKeyCertChainFile(System.getenv("CHAINCODE_TLS_CERT"));
        properties.setTrustCertCollectionFile(System.getenv("CHAINCODE_TLS_CLIENT_CA"));
        final ContractRouter router = new ContractRouter(new String[] {"--id", System.getenv("CHAINCODE_ID")});
        router.startRouterWithChaincodeServer(new NettyChaincodeServer(router, properties));
    }
}
