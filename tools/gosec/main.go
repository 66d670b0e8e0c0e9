// Gosec runs gosec's analyzer, and nothing else of gosec: its own command brings the client libraries of several remote services
// along, which take minutes to build.
package main

import (
	"github.com/securego/gosec/v2/goanalysis"
	"golang.org/x/tools/go/analysis/singlechecker"
)

func main() { singlechecker.Main(goanalysis.Analyzer) }
