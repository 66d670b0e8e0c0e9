// The official Go SDK as a client of the comparison: it reads a job as one line of JSON, submits the job's keys with so
// many in flight, writes what became of each as one line of JSON, and ends when its input does.
package main

import (
	"bufio"
	"crypto/x509"
	"encoding/json"
	"errors"
	"io"
	"log"
	"os"
	"runtime"
	"runtime/debug"
	"sync"
	"syscall"
	"time"

	"github.com/hyperledger/fabric-gateway/pkg/client"
	"github.com/hyperledger/fabric-gateway/pkg/hash"
	"github.com/hyperledger/fabric-gateway/pkg/identity"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
)

const module = "github.com/hyperledger/fabric-gateway"

type job struct {
	Endpoints   []string `json:"endpoints"`
	TLSRoots    []string `json:"tls_roots"`
	MSPID       string   `json:"mspid"`
	Certificate string   `json:"certificate"`
	PrivateKey  string   `json:"private_key"`
	Channel     string   `json:"channel"`
	Chaincode   string   `json:"chaincode"`
	Function    string   `json:"function"`
	Value       string   `json:"value"`
	WarmUp      []string `json:"warm_up"`
	Keys        []string `json:"keys"`
	InFlight    int      `json:"in_flight"`
}

type transaction struct {
	Key           string  `json:"key"`
	TransactionID string  `json:"transaction_id"`
	Milliseconds  float64 `json:"milliseconds"`
	Outcome       string  `json:"outcome"`
	Reason        string  `json:"reason"`
}

type result struct {
	SDK          string        `json:"sdk"`
	Runtime      string        `json:"runtime"`
	Seconds      float64       `json:"seconds"`
	CPUSeconds   float64       `json:"cpu_seconds"`
	WarmUp       []transaction `json:"warm_up"`
	Transactions []transaction `json:"transactions"`
}

func main() {
	log.SetFlags(0)
	input := bufio.NewReader(os.Stdin)
	var work job
	check(json.NewDecoder(input).Decode(&work))

	connection, err := connect(work)
	check(err)
	defer connection.Close()
	gateway, err := open(work, connection)
	check(err)
	defer gateway.Close()
	contract := gateway.GetNetwork(work.Channel).GetContract(work.Chaincode)

	warmUp := submitAll(contract, work, work.WarmUp)
	cpu, began := cpuSeconds(), time.Now()
	transactions := submitAll(contract, work, work.Keys)
	seconds := time.Since(began).Seconds()
	cpu = cpuSeconds() - cpu

	check(json.NewEncoder(os.Stdout).Encode(result{
		SDK: "fabric-gateway " + version(), Runtime: runtime.Version(),
		Seconds: seconds, CPUSeconds: cpu, WarmUp: warmUp, Transactions: transactions,
	}))
	_, err = io.Copy(io.Discard, input)
	check(err)
}

func connect(work job) (*grpc.ClientConn, error) {
	root, err := identity.CertificateFromPEM([]byte(work.TLSRoots[0]))
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	pool.AddCert(root)
	return grpc.NewClient("dns:///"+work.Endpoints[0], grpc.WithTransportCredentials(credentials.NewClientTLSFromCert(pool, "")))
}

func open(work job, connection *grpc.ClientConn) (*client.Gateway, error) {
	certificate, err := identity.CertificateFromPEM([]byte(work.Certificate))
	if err != nil {
		return nil, err
	}
	id, err := identity.NewX509Identity(work.MSPID, certificate)
	if err != nil {
		return nil, err
	}
	key, err := identity.PrivateKeyFromPEM([]byte(work.PrivateKey))
	if err != nil {
		return nil, err
	}
	sign, err := identity.NewPrivateKeySign(key)
	if err != nil {
		return nil, err
	}
	return client.Connect(
		id,
		client.WithSign(sign),
		client.WithHash(hash.SHA256),
		client.WithClientConnection(connection),
		client.WithEvaluateTimeout(5*time.Second),
		client.WithEndorseTimeout(15*time.Second),
		client.WithSubmitTimeout(5*time.Second),
		client.WithCommitStatusTimeout(1*time.Minute),
	)
}

// submitAll has a goroutine for each transaction in flight, which takes the next key when its last one is done.
func submitAll(contract *client.Contract, work job, keys []string) []transaction {
	transactions := make([]transaction, len(keys))
	next := make(chan int)
	var workers sync.WaitGroup
	for range work.InFlight {
		workers.Go(func() {
			for index := range next {
				transactions[index] = submit(contract, work, keys[index])
			}
		})
	}
	for index := range keys {
		next <- index
	}
	close(next)
	workers.Wait()
	return transactions
}

func submit(contract *client.Contract, work job, key string) transaction {
	began := time.Now()
	done := transaction{Key: key}
	_, commit, err := contract.SubmitAsync(work.Function, client.WithArguments(key, work.Value))
	if err == nil {
		done.TransactionID = commit.TransactionID()
		var status *client.Status
		if status, err = commit.Status(); err == nil {
			done.Outcome = "valid"
			if !status.Successful {
				done.Outcome, done.Reason = "invalid", peer.TxValidationCode_name[int32(status.Code)]
			}
		}
	}
	if err != nil {
		done.Outcome, done.Reason = outcome(err), err.Error()
		var failed *client.TransactionError
		if errors.As(err, &failed) {
			done.TransactionID = failed.TransactionID
		}
	}
	done.Milliseconds = float64(time.Since(began).Microseconds()) / 1000
	return done
}

// outcome: what was not endorsed was not ordered; after any other error the transaction may be on the ledger all the same.
func outcome(err error) string {
	var endorse *client.EndorseError
	if errors.As(err, &endorse) {
		return "failed"
	}
	return "unknown"
}

func cpuSeconds() float64 {
	var usage syscall.Rusage
	check(syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return float64(usage.Utime.Nano()+usage.Stime.Nano()) / 1e9
}

func version() string {
	information, _ := debug.ReadBuildInfo()
	for _, dependency := range information.Deps {
		if dependency.Path == module {
			return dependency.Version
		}
	}
	return "of unknown version"
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
