package contract

import (
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// machinery are the files that run any transaction. They may use one another, and nothing of the transactions that they run.
var machinery = []string{
	"access.go", "directory.go", "idempotency.go", "keys.go", "memory.go", "paging.go", "plain.go", "private.go", "proposal.go", "request.go", "single.go", "store.go", "transaction.go",
}

func TestTheMachineryKnowsNoTransaction(t *testing.T) {
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	fset, files := token.NewFileSet(), []*ast.File{}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(fset, name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	info := &types.Info{Uses: map[*ast.Ident]types.Object{}}
	// Other packages are not imported, so their names have no type here: that is an error of each, and none that matters.
	checker := types.Config{Error: func(error) {}, Importer: noImports{}}
	checked, _ := checker.Check("contract", fset, files, info)
	used := map[string]bool{}
	for identifier, object := range info.Uses {
		user, owner := fset.Position(identifier.Pos()).Filename, fset.Position(object.Pos()).Filename
		if object.Pkg() != checked || !slices.Contains(machinery, user) {
			continue
		}
		used[owner] = true
		if !slices.Contains(machinery, owner) {
			t.Errorf("%s uses %s of %s", fset.Position(identifier.Pos()), object.Name(), owner)
		}
	}
	for _, name := range machinery {
		if !used[name] {
			t.Errorf("nothing of the machinery uses %s: take it off the list", name)
		}
	}
}

// noImports stands in for every other package by one without names.
type noImports struct{}

func (noImports) Import(path string) (*types.Package, error) {
	made := types.NewPackage(path, path[strings.LastIndex(path, "/")+1:])
	made.MarkComplete()
	return made, nil
}
