// The chaincode of Kindpakket as a server that its organisation's peer calls. It takes its settings from the environment:
//
//	CHAINCODE_ID              the package id that the peer knows it by
//	CHAINCODE_SERVER_ADDRESS  where it listens, as host:port
//	CHAINCODE_TLS_CERT        file with its TLS certificate (PEM)
//	CHAINCODE_TLS_KEY         file with its TLS key (PEM)
//	CHAINCODE_TLS_CLIENT_CA   file with the CA certificates that the peer's client certificate must come from (PEM)
//	GOGC                      by how many percent memory may exceed what is in use before garbage is collected; 400 if it is not set
package main

import (
	"fmt"
	"log"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"

	"kindpakket.eu/chaincode/contract"
)

const (
	idVariable      = "CHAINCODE_ID"
	addressVariable = "CHAINCODE_SERVER_ADDRESS"
	certVariable    = "CHAINCODE_TLS_CERT"
	keyVariable     = "CHAINCODE_TLS_KEY"
	clientVariable  = "CHAINCODE_TLS_CLIENT_CA"

	// gcVariable is read by Go itself.
	gcVariable = "GOGC"
	// gcPercent is the default of the network's nodes. Little memory is in use between transactions, so that Go's own default would collect
	// after every few batches. More than this gave nothing measurable.
	gcPercent = 400
)

func main() {
	log.SetFlags(log.LstdFlags | log.LUTC)
	if err := serve(); err != nil {
		log.Fatalf("kindpakket chaincode: %v", err)
	}
}

// serve answers the peer until a signal stops it. An interrupted transaction is not endorsed, so stopping loses nothing.
func serve() error {
	collectLess(os.LookupEnv)
	server, err := configure(os.LookupEnv)
	if err != nil {
		return err
	}
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM, syscall.SIGINT)
	failed := make(chan error, 1)
	go func() { failed <- server.Start() }()
	log.Printf("starting %s on %s", server.CCID, server.Address)
	select {
	case err := <-failed:
		return fmt.Errorf("cannot serve on %s: %w", server.Address, err)
	case received := <-stop:
		log.Printf("stopping: %v", received)
		return nil
	}
}

// collectLess lets memory grow further before garbage is collected, unless the environment says how far.
func collectLess(lookup func(string) (string, bool)) {
	if _, set := lookup(gcVariable); !set {
		debug.SetGCPercent(gcPercent)
	}
}

// configure builds the server from the settings; its error names all settings that are missing.
func configure(lookup func(string) (string, bool)) (*shim.ChaincodeServer, error) {
	settings := map[string]string{}
	var missing []string
	for _, name := range []string{idVariable, addressVariable, certVariable, keyVariable, clientVariable} {
		value, _ := lookup(name)
		if value == "" {
			missing = append(missing, name)
		}
		settings[name] = value
	}
	if len(missing) > 0 {
		return nil, fmt.Errorf("set the environment variables %s", strings.Join(missing, ", "))
	}
	files := map[string][]byte{}
	for _, name := range []string{certVariable, keyVariable, clientVariable} {
		data, err := os.ReadFile(settings[name])
		if err != nil {
			return nil, fmt.Errorf("%s does not name a readable PEM file: %w", name, err)
		}
		files[name] = data
	}
	chaincode, err := contract.New()
	if err != nil {
		return nil, err
	}
	return &shim.ChaincodeServer{
		CCID: settings[idVariable], Address: settings[addressVariable], CC: chaincode,
		TLSProps: shim.TLSProperties{Cert: files[certVariable], Key: files[keyVariable], ClientCACerts: files[clientVariable]},
	}, nil
}
