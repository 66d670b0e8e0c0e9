package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"strings"
)

// mutant is one small fault in a file: the bytes from start to end are replaced. Before and After are the lines it touches.
type mutant struct {
	File     string `json:"file"`
	Line     int    `json:"line"`
	Operator string `json:"operator"`
	Before   string `json:"before"`
	After    string `json:"after"`
	Status   string `json:"status"`
	By       string `json:"by,omitzero"`

	start, end  int
	text, whole string
}

// swaps lists the replacements of each operator, one per mutant: for a comparison its boundary and its negation, else an opposite.
var swaps = map[token.Token][]string{
	token.LSS: {"<=", ">="}, token.LEQ: {"<", ">"}, token.GTR: {">=", "<="}, token.GEQ: {">", "<"}, token.EQL: {"!="}, token.NEQ: {"=="},
	token.LAND: {"||"}, token.LOR: {"&&"}, token.AND: {"|"}, token.OR: {"&"}, token.SHL: {">>"}, token.SHR: {"<<"},
	token.ADD: {"-"}, token.SUB: {"+"}, token.MUL: {"/"}, token.QUO: {"*"}, token.REM: {"*"}, token.INC: {"--"}, token.DEC: {"++"},
	token.ADD_ASSIGN: {"-="}, token.SUB_ASSIGN: {"+="}, token.MUL_ASSIGN: {"/="}, token.QUO_ASSIGN: {"*="}, token.AND_ASSIGN: {"|="},
}

// finder collects the mutants of one file.
type finder struct {
	path, source string
	file         *token.File
	mutants      []*mutant
}

// mutants lists every mutant of a file. Some of them do not compile, which only the compiler can say.
func mutants(path, source string) ([]*mutant, error) {
	set := token.NewFileSet()
	tree, err := parser.ParseFile(set, path, source, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	f := &finder{path: path, source: source, file: set.File(tree.FileStart)}
	ast.Inspect(tree, f.visit)
	return f.mutants, nil
}

func (f *finder) visit(node ast.Node) bool {
	switch n := node.(type) {
	case *ast.FuncDecl:
		f.returns(n.Type, n.Body)
	case *ast.FuncLit:
		f.returns(n.Type, n.Body)
	case *ast.BinaryExpr:
		f.swap(n.OpPos, n.Op)
		if n.Op == token.LAND || n.Op == token.LOR {
			f.negate(n.X, n.Y)
		}
	case *ast.UnaryExpr:
		if n.Op == token.SUB || n.Op == token.NOT {
			f.replace("negation", n.OpPos, n.X.Pos(), "")
		}
	case *ast.IncDecStmt:
		f.swap(n.TokPos, n.Tok)
	case *ast.AssignStmt:
		f.swap(n.TokPos, n.Tok)
		if n.Tok != token.DEFINE {
			f.replace("assignment", n.Pos(), n.TokPos+token.Pos(len(n.Tok.String())), strings.Repeat("_, ", len(n.Lhs)-1)+"_ =")
		}
	case *ast.ExprStmt:
		f.replace("statement", n.Pos(), n.End(), "")
	case *ast.IfStmt:
		f.negate(n.Cond)
	case *ast.CaseClause:
		f.negate(n.List...)
	case *ast.BasicLit:
		if value, err := strconv.ParseInt(n.Value, 0, 64); err == nil {
			f.replace("constant", n.Pos(), n.End(), strconv.FormatInt(value+1, 10))
			f.replace("constant", n.Pos(), n.End(), strconv.FormatInt(value-1, 10))
		}
	case *ast.KeyValueExpr:
		_, table := n.Key.(*ast.BasicLit)
		_, number := n.Value.(*ast.BasicLit)
		return !table || !number
	case *ast.Ident:
		if other := map[string]string{"true": "false", "false": "true"}[n.Name]; other != "" {
			f.replace("truth", n.Pos(), n.End(), other)
		}
	case *ast.CallExpr:
		if name := f.text(n.Fun); strings.HasSuffix(name, "FirstError") || name == "errors.Join" {
			for _, check := range n.Args {
				if f.text(check) != "nil" {
					f.replace("check", check.Pos(), check.End(), "nil")
				}
			}
		}
	}
	return true
}

func (f *finder) swap(at token.Pos, operator token.Token) {
	for _, other := range swaps[operator] {
		f.replace("operator", at, at+token.Pos(len(operator.String())), other)
	}
}

// negate inverts conditions that have no operator to swap.
func (f *finder) negate(conditions ...ast.Expr) {
	for _, condition := range conditions {
		switch condition.(type) {
		case *ast.CallExpr, *ast.Ident, *ast.SelectorExpr, *ast.IndexExpr:
			f.replace("negation", condition.Pos(), condition.Pos(), "!")
		}
	}
}

// returns replaces a function's last result: an error by nil, a bool by both values.
func (f *finder) returns(kind *ast.FuncType, body *ast.BlockStmt) {
	if kind.Results == nil || body == nil {
		return
	}
	last := f.text(kind.Results.List[len(kind.Results.List)-1].Type)
	instead := map[string][]string{"error": {"nil"}, "bool": {"true", "false"}}[last]
	ast.Inspect(body, func(node ast.Node) bool {
		if statement, ok := node.(*ast.ReturnStmt); ok && len(statement.Results) == kind.Results.NumFields() {
			value := statement.Results[len(statement.Results)-1]
			for _, other := range instead {
				if text := f.text(value); text != "nil" && text != "true" && text != "false" {
					f.replace("returned "+last, value.Pos(), value.End(), other)
				}
			}
		}
		_, inner := node.(*ast.FuncLit)
		return !inner
	})
}

func (f *finder) text(node ast.Node) string {
	return f.source[f.file.Offset(node.Pos()):f.file.Offset(node.End())]
}

func (f *finder) replace(operator string, from, to token.Pos, text string) {
	m := &mutant{File: f.path, Line: f.file.Line(from), Operator: operator, start: f.file.Offset(from), end: f.file.Offset(to), text: text}
	first := strings.LastIndexByte(f.source[:m.start], '\n') + 1
	last := m.end + strings.IndexByte(f.source[m.end:]+"\n", '\n')
	m.Before, m.After = f.source[first:last], f.source[first:m.start]+text+f.source[m.end:last]
	m.whole = f.source[:m.start] + text + f.source[m.end:]
	f.mutants = append(f.mutants, m)
}
