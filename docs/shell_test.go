// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package docs_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/cli"
)

// tested returns the commands of other programs in pages, by how they begin, with the test that runs each or sends
// the same requests, or why none does. The commands of playbooks are run by TestPlaybookCommands.
func tested() map[string]string {
	return map[string]string{
		"helm install cobaltcore-exporter charts/": "test/e2e/chart/newcomer_test.go",
		"--values fleet.yaml":                      "test/e2e/chart/install_test.go",
		"helm install cobaltcore-exporter oci://":  "needs a release",
		"--namespace cobaltcore-exporter":          "needs a release",
		"TOKEN=$(kubectl":                          "test/e2e/chart/account_test.go",
		"kubectl -n cobaltcore-exporter":           "test/e2e/chart/account_test.go",
		"config":                                   "test/e2e/chart/account_test.go",
		"kubectl apply --kustomize":                "test/e2e/chart/examples_test.go",
		"cat > monitoring/kustomization.yaml":      "test/e2e/chart/examples_test.go",
		"kubectl --context $CLUSTER annotate":      "internal/watch/owner_test.go",
		"bao policy write":                         "test/e2e/systems/openbao_kubernetes_test.go",
		"bao write auth/":                          "test/e2e/systems/openbao_kubernetes_test.go",
		"curl -gs":                                 "internal/server/server_test.go",
		".ci/run":                                  "is what CI runs",
	}
}

var (
	shellBlock  = regexp.MustCompile("(?ms)^ *```sh\n(.*?)^ *```$")
	begin       = regexp.MustCompile(`^    (make|cobaltcore-exporter|helm|kubectl|bao|curl|go|promtool|\.ci/run)\b`)
	indented    = regexp.MustCompile(`(?m)(?:^\n|\A)((?:    \S.*\n)+)`)
	makeTarget  = regexp.MustCompile(`(?m)^([a-z0-9-]+):`)
	makeCommand = regexp.MustCompile("(?m)^make ([a-z][a-z0-9 -]*)")
	makeSpan    = regexp.MustCompile("`make ([a-z][a-z0-9 -]*)")
	// hereDocument is the text after a command that has it as its input.
	hereDocument = regexp.MustCompile(`(?ms)( <<'EOF')$.*?^EOF$`)
	goCommand    = regexp.MustCompile(`^go (?:run|test)(?: -C (\S+))?(?: -tags \S+)? (\./\S+)`)
)

// TestShellCommands checks the lines of commands in pages: targets of make and packages of Go exist, commands of the exporter
// that need no cluster are run, and any other is one that a test runs.
func TestShellCommands(t *testing.T) {
	targets := map[string]bool{}
	for _, m := range makeTarget.FindAllStringSubmatch(read(t, "Makefile"), -1) {
		targets[m[1]] = true
	}
	checked := 0
	for page, text := range pages(t) {
		if strings.HasPrefix(page, "alerts/playbooks/") {
			continue
		}
		spans := makeSpan.FindAllStringSubmatch(text, -1)
		for _, line := range shellLines(text) {
			checked++
			spans = append(spans, makeCommand.FindAllStringSubmatch(line, -1)...)
			if problem := shellProblem(line); problem != "" {
				t.Errorf("%s: %s: %s", page, line, problem)
			}
		}
		for _, m := range spans {
			for target := range strings.FieldsSeq(m[1]) {
				if !targets[target] {
					t.Errorf("%s: make has no target %s", page, target)
				}
			}
		}
	}
	if checked < 30 {
		t.Errorf("only %d commands were checked", checked)
	}
	for command, by := range tested() {
		if _, err := os.Stat(filepath.Join(root, by)); strings.HasSuffix(by, ".go") && err != nil {
			t.Errorf("the test of %q: %v", command, err)
		}
	}
}

// shellLines returns the lines of the blocks of commands in a page, without comments.
func shellLines(text string) []string {
	var lines []string
	add := func(block string) {
		for line := range strings.Lines(hereDocument.ReplaceAllString(block, "")) {
			line, _, _ = strings.Cut(strings.TrimSpace(line), " #")
			if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
				lines = append(lines, line)
			}
		}
	}
	for _, m := range shellBlock.FindAllStringSubmatch(text, -1) {
		add(m[1])
	}
	for _, m := range indented.FindAllStringSubmatch(fence.ReplaceAllString(text, ""), -1) {
		if begin.MatchString(m[1]) {
			add(m[1])
		}
	}
	return lines
}

// shellProblem returns the problem of a command, or nothing.
func shellProblem(line string) string {
	if m := goCommand.FindStringSubmatch(line); m != nil {
		if _, err := os.Stat(filepath.Join(root, m[1], strings.TrimSuffix(m[2], "/..."))); err != nil {
			return err.Error()
		}
		return ""
	}
	if rest, ok := strings.CutPrefix(line, "cobaltcore-exporter "); ok {
		return runProblem(redirection.ReplaceAllString(rest, ""))
	}
	program, rest, _ := strings.Cut(line, " ")
	switch program {
	case "make":
		return ""
	case "cd":
		if _, err := os.Stat(filepath.Join(root, rest)); err != nil {
			return err.Error()
		}
		return ""
	case "sed":
		cmd := exec.Command("sh", "-c", line)
		cmd.Dir = root
		if err := cmd.Run(); err != nil {
			return err.Error()
		}
		return ""
	}
	for command := range tested() {
		if strings.HasPrefix(line, command) {
			return ""
		}
	}
	return "no test runs it"
}

// runProblem runs a command that needs nothing but files of the repository, and returns its problem. TestCommands parses the others.
func runProblem(line string) string {
	args := strings.Fields(quotes.Replace(line))
	switch {
	case args[0] == "explain", args[0] == "version", args[0] == "completion":
	case args[0] == "rules" && len(args) > 2 && strings.HasPrefix(args[2], "docs/"):
		args[2] = filepath.Join(root, args[2])
	default:
		return ""
	}
	var stderr strings.Builder
	if code := cli.Main(context.Background(), args, cli.Streams{Out: &strings.Builder{}, Err: &stderr}); code != 0 {
		return stderr.String()
	}
	return ""
}
