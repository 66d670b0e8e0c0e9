// Gosec runs gosec's analyzer and nothing else. Gosec's own command also links the client libraries of several remote services,
// which take minutes to build.
package main

import (
	"github.com/securego/gosec/v2/goanalysis"
	"golang.org/x/tools/go/analysis/singlechecker"
)

func main() { singlechecker.Main(goanalysis.Analyzer) }
