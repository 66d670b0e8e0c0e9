package main

import (
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"
)

func TestMissingSettingsAreNamedAtOnce(t *testing.T) {
	settings := map[string]string{idVariable: "kindpakket:00", keyVariable: "key.pem", clientVariable: ""}
	_, err := configure(func(name string) (string, bool) {
		value, found := settings[name]
		return value, found
	})
	want := "set the environment variables CHAINCODE_SERVER_ADDRESS, CHAINCODE_TLS_CERT, CHAINCODE_TLS_CLIENT_CA"
	if err == nil || err.Error() != want {
		t.Fatal(err)
	}
}

func TestTheServerTakesItsFiles(t *testing.T) {
	folder := t.TempDir()
	settings := map[string]string{idVariable: "kindpakket:00", addressVariable: "127.0.0.1:0"}
	for _, name := range []string{certVariable, keyVariable, clientVariable} {
		settings[name] = filepath.Join(folder, name)
	}
	lookup := func(name string) (string, bool) { return settings[name], true }
	if _, err := configure(lookup); err == nil || !strings.Contains(err.Error(), certVariable) {
		t.Fatalf("a missing file: %v", err)
	}
	for _, name := range []string{certVariable, keyVariable, clientVariable} {
		if err := os.WriteFile(settings[name], []byte(name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	server, err := configure(lookup)
	if err != nil {
		t.Fatal(err)
	}
	props := server.TLSProps
	if server.CCID != "kindpakket:00" || props.Disabled || string(props.Key) != keyVariable || string(props.ClientCACerts) != clientVariable {
		t.Fatalf("%+v", server)
	}
	if err := server.Start(); err == nil {
		t.Fatal("it serves without a certificate")
	}
}

func TestTheEnvironmentSaysWhenGarbageIsCollected(t *testing.T) {
	before := debug.SetGCPercent(100)
	defer debug.SetGCPercent(before)
	collectLess(func(name string) (string, bool) { return "200", name == gcVariable })
	if percent := debug.SetGCPercent(100); percent != 100 {
		t.Fatalf("%d, though the environment says otherwise", percent)
	}
	collectLess(func(string) (string, bool) { return "", false })
	if percent := debug.SetGCPercent(100); percent != gcPercent {
		t.Fatal(percent)
	}
}
