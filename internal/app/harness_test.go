// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/testutil"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// site is a directory with a configuration file and snapshots.
type site struct {
	t   *testing.T
	dir string
}

func newSite(t *testing.T) site { return site{t: t, dir: t.TempDir()} }

func (s site) file(name string) string { return filepath.Join(s.dir, name) }

// write replaces a file in one step.
func (s site) write(name, text string) {
	s.t.Helper()
	file := s.file(name)
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		s.t.Fatal(err)
	}
	if err := os.WriteFile(file+".new", []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
	if err := os.Rename(file+".new", file); err != nil {
		s.t.Fatal(err)
	}
}

// configure writes fleet.yaml with a snapshot cluster for each name.
func (s site) configure(more string, clusters ...string) {
	s.t.Helper()
	text := more + "clusters:\n"
	for _, c := range clusters {
		text += fmt.Sprintf("- {name: %[1]s, snapshot: {path: %[1]s}}\n", c)
	}
	s.write("fleet.yaml", text)
}

// objects writes a file of a cluster with GitRepositories that have these names.
func (s site) objects(file string, names ...string) {
	s.t.Helper()
	text := ""
	for _, n := range names {
		text += fmt.Sprintf("---\napiVersion: source.toolkit.fluxcd.io/v1\nkind: GitRepository\nmetadata: {name: %s, namespace: n}\nspec: {url: 'https://example.com/%[1]s'}\n"+
			"status: {conditions: [{type: Ready, status: 'True', reason: Succeeded}]}\n", n)
	}
	s.write(file, text)
}

// exporter is a running Run.
type exporter struct {
	t      *testing.T
	url    string
	addr   string
	reload chan os.Signal
	cancel context.CancelFunc
	ended  chan error
}

// run starts an exporter of the site. It is stopped at the end of the test.
func (s site) run(change ...func(*Options)) *exporter {
	s.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	e := &exporter{t: s.t, reload: make(chan os.Signal), cancel: cancel, ended: make(chan error, 1)}
	listening := make(chan string, 1)
	o := Options{
		ConfigFile: s.file("fleet.yaml"), ListenAddresses: []string{"127.0.0.1:0"}, SyncTimeout: testutil.Deadline, Reload: e.reload, EnableLifecycle: true,
		Log: slog.New(slog.DiscardHandler), Listening: func(a []net.Addr) { listening <- a[0].String() },
	}
	for _, f := range change {
		f(&o)
	}
	go func() { e.ended <- Run(ctx, o) }()
	select {
	case e.addr = <-listening:
	case err := <-e.ended:
		cancel()
		s.t.Fatalf("Run ended: %v", err)
	}
	e.url = "http://" + e.addr
	s.t.Cleanup(e.stop)
	return e
}

// stop stops the exporter; further calls have no effect.
func (e *exporter) stop() {
	if e.cancel == nil {
		return
	}
	e.cancel()
	e.cancel = nil
	if err := <-e.ended; err != nil {
		e.t.Errorf("Run: %v", err)
	}
}

// ask sends a request over a new connection.
func (e *exporter) ask(method, path string) (int, string) {
	request, err := http.NewRequestWithContext(context.Background(), method, e.url+path, http.NoBody)
	if err != nil {
		return 0, err.Error()
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Do(request)
	if err != nil {
		return 0, err.Error()
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return 0, err.Error()
	}
	return response.StatusCode, string(body)
}

// rows returns the objects of a response as sorted texts label=cluster/name.
func rows(body string) []string {
	var got []string
	for line := range strings.Lines(body) {
		labels, isRow := strings.CutPrefix(line, "flux_resource_info{")
		label, labels, isLabel := strings.Cut(labels, `="`)
		cluster, labels, isValue := strings.Cut(labels, `"`)
		_, name, hasName := strings.Cut(labels, `,name="`)
		name, _, isName := strings.Cut(name, `"`)
		if isRow && isLabel && isValue && hasName && isName {
			got = append(got, label+"="+cluster+"/"+name)
		}
	}
	slices.Sort(got)
	return got
}

// scrape returns the rows of /metrics.
func (e *exporter) scrape() []string {
	code, body := e.ask(http.MethodGet, "/metrics")
	if code != http.StatusOK {
		return []string{fmt.Sprint(code, " ", body)}
	}
	return rows(body)
}

// wantRows waits for the rows.
func (e *exporter) wantRows(want ...string) {
	e.t.Helper()
	var diff string
	testutil.Eventually(e.t, func() (bool, string) {
		diff = cmp.Diff(want, e.scrape())
		return diff == "", diff
	})
}

// wantLine waits for a line of /metrics.
func (e *exporter) wantLine(line string) {
	e.t.Helper()
	testutil.Eventually(e.t, func() (bool, string) {
		code, body := e.ask(http.MethodGet, "/metrics")
		return strings.Contains("\n"+body, "\n"+line+"\n"), fmt.Sprintf("%s not in %d %s", line, code, body)
	})
}

// wantPrefix waits for a line of /metrics with the prefix.
func (e *exporter) wantPrefix(prefix string) { e.t.Helper(); e.wantBeginning(prefix, true) }

// wantNoLine waits until no line of /metrics has the prefix.
func (e *exporter) wantNoLine(prefix string) { e.t.Helper(); e.wantBeginning(prefix, false) }

func (e *exporter) wantBeginning(prefix string, want bool) {
	e.t.Helper()
	testutil.Eventually(e.t, func() (bool, string) {
		code, body := e.ask(http.MethodGet, "/metrics")
		return code == http.StatusOK && strings.Contains("\n"+body, "\n"+prefix) == want, fmt.Sprintf("%s, want %t: %d %s", prefix, want, code, body)
	})
}
