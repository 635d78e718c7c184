// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package testutil_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/testutil"
)

// TestParsersAreSequential checks the packages that the race detector does not watch (parsers and
// sequential in the Makefile). None starts a goroutine. None shares values by atomic operations either: the
// detector would not see these and report races that are none.
func TestParsersAreSequential(t *testing.T) {
	t.Parallel()
	root, err := testutil.RepoRoot()
	if err != nil {
		t.Fatal(err)
	}
	makefile, err := os.ReadFile(filepath.Join(root, "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	var packages []string
	for _, pattern := range []string{`(?m)^parsers := ((?:.*\\\n)*.*)$`, `(?m)^sequential := \$\(addprefix \./,((?:.*\\\n)*.*)\)$`} {
		found := regexp.MustCompile(pattern).FindSubmatch(makefile)
		if found == nil {
			t.Fatalf("the Makefile has no list %s", pattern)
		}
		for name := range strings.FieldsSeq(strings.ReplaceAll(string(found[1]), `\`, "")) {
			if _, err := os.Stat(filepath.Join(root, name)); err == nil {
				name = "./" + name
			}
			packages = append(packages, name)
		}
	}
	list := exec.CommandContext(t.Context(), "go", slices.Concat([]string{"list", "-f", `{{$d := .Dir}}{{range .GoFiles}}{{$d}}/{{.}}{{"\n"}}{{end}}`}, packages)...)
	list.Dir = root
	files, err := list.Output()
	if err != nil {
		t.Fatalf("%s: %v", list, err)
	}
	checked := 0
	for file := range strings.Lines(string(files)) {
		if file = strings.TrimSpace(file); file == "" {
			continue
		}
		checked++
		for _, problem := range concurrency(t, file) {
			t.Errorf("%s: remove its package from parsers in the Makefile", problem)
		}
	}
	if checked < len(packages) {
		t.Errorf("only %d files of %d packages", checked, len(packages))
	}
}

// concurrency returns where a file starts goroutines or uses atomic operations.
func concurrency(t *testing.T, file string) (problems []string) {
	t.Helper()
	files := token.NewFileSet()
	parsed, err := parser.ParseFile(files, file, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	report := func(n ast.Node, what string) {
		problems = append(problems, fmt.Sprintf("%s: %s", files.Position(n.Pos()), what))
	}
	imported := map[string]bool{}
	ast.Inspect(parsed, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GoStmt:
			report(n, "starts a goroutine")
		case *ast.ImportSpec:
			imported[n.Path.Value] = true
			if n.Path.Value == `"sync/atomic"` {
				report(n, "imports sync/atomic")
			}
		case *ast.SelectorExpr:
			if x, ok := n.X.(*ast.Ident); ok && imported[`"sync"`] && x.Name == "sync" && !slices.Contains([]string{"Pool", "Once", "Mutex", "RWMutex"}, n.Sel.Name) {
				report(n, "uses sync."+n.Sel.Name)
			}
		}
		return true
	})
	return problems
}
