//go:build testbed

// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package systems

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/test/e2e/harness"
	"github.com/cobaltcore-dev/cobaltcore-exporter/test/testbed"
)

// pageDeadline is how long the commands of one playbook may take.
const pageDeadline = time.Minute

// TestPlaybookCommands runs the commands of every playbook unchanged, with the labels of an alert of a
// fixture, in a cluster with the objects of the fixture. Commands that write are only parsed, see
// testdata/playbooks/tool.
func TestPlaybookCommands(t *testing.T) {
	t.Parallel()
	pages := alertPages(t)
	c := harness.StartCluster(t, "management")
	fillForPlaybooks(t, c, pages)
	desk := newPlaybookRunner(t, c, harness.StartOpenBao(t, testbed.OpenBaoOptions{Nodes: 1, TLS: true, AuditFile: true}), contexts(pages))
	results := make([][]string, len(pages))
	var running sync.WaitGroup
	slots := make(chan struct{}, 2*runtime.NumCPU())
	for i, p := range pages {
		slots <- struct{}{}
		running.Go(func() {
			defer func() { <-slots }()
			results[i] = desk.run(t.Context(), p)
		})
	}
	running.Wait()
	for i, problems := range results {
		for _, problem := range problems {
			t.Errorf("%s: %s", pages[i].variant(), problem)
		}
	}
}

// run runs the commands of a playbook and returns those that fail.
func (d *playbookRunner) run(ctx context.Context, p page) []string {
	dir := filepath.Join(d.dir, p.variant())
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return []string{err.Error()}
	}
	for name, content := range d.files {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			return []string{err.Error()}
		}
	}
	ctx, cancel := context.WithTimeout(ctx, pageDeadline)
	defer cancel()
	shell := exec.CommandContext(ctx, "bash", "-c", p.script())
	shell.Dir, shell.WaitDelay = dir, time.Second
	failures := filepath.Join(dir, "failures")
	shell.Env = append(slices.Clone(d.env), "FAILURES="+failures)
	variables := p.variables()
	variables["ISSUER_ID"] = d.issuer
	for name, value := range variables {
		shell.Env = append(shell.Env, name+"="+value)
	}
	out, err := shell.CombinedOutput()
	problems := badLines(string(out))
	if ctx.Err() != nil {
		problems = append(problems, fmt.Sprintf("not done within %s", pageDeadline))
	}
	if lines, readErr := os.ReadFile(failures); readErr == nil {
		problems = append(problems, strings.Split(strings.TrimSpace(string(lines)), "\n")...)
	} else if shell.ProcessState == nil { // not started
		problems = append(problems, err.Error())
	}
	return problems
}

var shellError = regexp.MustCompile(`^bash: line \d+: .*(unbound variable|command not found|syntax error|unexpected EOF).*$`)

// badLines returns the lines with errors of the shell itself.
func badLines(out string) []string {
	var bad []string
	for line := range strings.Lines(out) {
		if line = strings.TrimSpace(line); shellError.MatchString(line) {
			bad = append(bad, line)
		}
	}
	return bad
}

// playbookRunner has the tools of an engineer, and a kubeconfig.
type playbookRunner struct {
	dir    string
	files  map[string][]byte // that playbooks name
	issuer string            // of the PKI of the OpenBao
	env    []string
}

func newPlaybookRunner(t *testing.T, c *testbed.Cluster, b *testbed.OpenBao, contexts []string) *playbookRunner {
	t.Helper()
	d := &playbookRunner{dir: t.TempDir()}
	bin, cache := filepath.Join(d.dir, "bin"), filepath.Join(d.dir, "cache")
	harness.Must(t, os.Mkdir(bin, 0o755))
	harness.Must(t, os.Mkdir(cache, 0o700))
	wrapper, err := filepath.Abs(filepath.Join("testdata", "playbooks", "tool"))
	harness.Must(t, err)
	for _, name := range []string{"kubectl", "flux", "helm", "bao", "jq", "curl", "openssl", "cobaltcore-exporter", "ssh", "kubeadm"} {
		harness.Must(t, os.Symlink(wrapper, filepath.Join(bin, name)))
	}
	root, err := testbed.RepoRoot()
	harness.Must(t, err)
	e := harness.StartExporter(t, fleetSnapshots(root))
	e.WaitReady(t)
	token := d.readOpenBao(t, b)
	d.files = playbookFiles(t, c, b)
	applySecrets(t, c, d.files)
	variables := map[string]string{
		"PATH": bin + string(os.PathListSeparator) + os.Getenv("PATH"), "HOME": d.dir, "CACHE": cache,
		"KUBECONFIG": writeContexts(t, d.dir, c, contexts), "EXPORTER": hostOf(e.URL), "TLS_SERVER": hostOf(c.URL),
		"BAO_ADDR": b.Nodes[0].Address, "BAO_HOST": hostOf(b.Nodes[0].Address), "BAO_CACERT": b.TLS.CAFile, "BAO_TOKEN": token,
		"GOGC": "100", "GOMAXPROCS": "1", // what costs short-lived commands the least CPU time
	}
	for variable, tool := range map[string]string{"KUBECTL": "kubectl", "FLUX": "flux", "HELM": "helm", "BAO": "openbao"} {
		variables[variable], err = testbed.Tool(t.Context(), tool)
		harness.Must(t, err)
	}
	for variable, tool := range map[string]string{"JQ": "jq", "CURL": "curl", "OPENSSL": "openssl"} {
		variables[variable], err = testbed.DebianProgram(t.Context(), tool)
		harness.Must(t, err)
	}
	for variable, value := range variables {
		d.env = append(d.env, variable+"="+value)
	}
	return d
}

// hostOf returns host and port of a URL.
func hostOf(url string) string {
	_, host, _ := strings.Cut(url, "://")
	return host
}

// readOpenBao returns an administrator token, and sets the issuer that playbooks use.
func (d *playbookRunner) readOpenBao(t *testing.T, b *testbed.OpenBao) string {
	t.Helper()
	harness.Must(t, b.SeedReference(t.Context()))
	token, err := b.Token(t.Context())
	harness.Must(t, err)
	var issuers struct{ Data struct{ Keys []string } }
	_, answer, err := b.Do(t.Context(), "LIST", "pki/issuers", nil, token)
	harness.Must(t, err)
	harness.Must(t, json.Unmarshal(answer, &issuers))
	d.issuer = issuers.Data.Keys[0]
	return token
}
