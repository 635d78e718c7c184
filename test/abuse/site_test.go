// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package abuse

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/fakeapi"
	"github.com/cobaltcore-dev/cobaltcore-exporter/test/testbed"
)

const kustomizations = "/apis/kustomize.toolkit.fluxcd.io/v1/kustomizations"

// duration returns how long an attack goes on after the exporter is ready.
func duration() time.Duration {
	if *thorough {
		return 6 * time.Second
	}
	return 3 * time.Second
}

// site is an exporter with an innocent cluster, good, and one that attacks, evil.
type site struct {
	*testing.T

	ctx        context.Context // ends behind the attack
	binary     string
	dir        string
	good, evil *fakeapi.Server
	config     strings.Builder // but for the clusters
	flags      []string
	scheme     string
	address    string
	exporter   *testbed.Process

	outcome atomic.Pointer[string] // of begin
	running sync.WaitGroup         // what begin started
	result  result
}

func newSite(t *testing.T, binary string) *site {
	s := &site{T: t, binary: binary, dir: t.TempDir(), scheme: "http"}
	s.good, s.evil = fakeapi.New(t, fakeapi.StartHTTP2), fakeapi.New(t, fakeapi.StartHTTP2)
	for _, c := range []*fakeapi.Server{s.good, s.evil} {
		c.Serve(kustomizations, "Kustomization", "v1")
	}
	s.change(0)
	s.write("good.kubeconfig", s.good.Kubeconfig("t"))
	s.write("evil.kubeconfig", s.evil.Kubeconfig("t"))
	return s
}

func (s *site) file(name string) string { return filepath.Join(s.dir, name) }

func (s *site) write(name, content string) {
	s.Helper()
	if err := os.WriteFile(s.file(name), []byte(content), 0o600); err != nil {
		s.Fatal(err)
	}
}

// change changes the object that shows how late rows of the innocent cluster are.
func (s *site) change(n int) { s.good.Put(kustomizations, "marker", kustomization(revision(n))) }

func revision(n int) string { return fmt.Sprintf("main@sha1:%040x", n) }

// kustomization returns a Kustomization that is ready.
func kustomization(revision string) map[string]any {
	return map[string]any{
		"spec": map[string]any{"interval": "10m", "path": "./", "sourceRef": map[string]any{"kind": "GitRepository", "name": "g"}},
		"status": map[string]any{
			"lastAppliedRevision": revision,
			"conditions": []any{map[string]any{
				"type": "Ready", "status": "True", "reason": "ReconciliationSucceeded", "lastTransitionTime": "2026-11-20T09:00:00Z",
			}},
		},
	}
}

// run starts the exporter, attacks it, measures, and stops it while the attack goes on.
func (s *site) run(a attack) result {
	ctx, cancel := context.WithCancel(s.Context())
	defer cancel()
	s.ctx, s.result.Attack = ctx, a.name
	a.prepare(s)
	s.start()
	peak := s.watchMemory()
	if a.begin != nil {
		a.begin(s)
	}
	s.measure()
	s.result.Answer = s.answer(a)
	s.stop()
	s.result.Memory = <-peak
	cancel()
	s.running.Wait()
	s.countLogLines()
	return s.result
}

// countLogLines counts the lines of the log of the exporter.
func (s *site) countLogLines() {
	log, err := os.ReadFile(s.file("exporter.log"))
	if err != nil {
		s.Error(err)
	}
	s.result.Lines = bytes.Count(log, []byte("\n"))
	for line := range bytes.Lines(log) {
		s.result.Line = max(s.result.Line, len(line))
	}
	s.Logf("%d lines in the log, the longest of %d bytes", s.result.Lines, s.result.Line)
}

// start starts the exporter and waits until it is ready.
func (s *site) start() {
	s.Helper()
	s.write("fleet.yaml", "clusters:\n- {name: good, kubeconfig: {path: good.kubeconfig}}\n- {name: evil, kubeconfig: {path: evil.kubeconfig}}\n"+s.config.String())
	if s.address == "" { // else it starts again
		ports, err := testbed.FreePorts(1)
		if err != nil {
			s.Fatal(err)
		}
		s.address = net.JoinHostPort("127.0.0.1", fmt.Sprint(ports[0]))
	}
	var err error
	s.exporter, err = testbed.Start(context.WithoutCancel(s.ctx), s.dir, testbed.Command{
		Name: "exporter", Path: s.binary, Env: []string{fmt.Sprintf("GOMEMLIMIT=%d", goLimit)},
		Args: append([]string{"serve", "--config", s.file("fleet.yaml"), "--web.listen-address", s.address, "--sync-timeout", "2s"}, s.flags...),
	})
	if err != nil {
		s.Fatal(err)
	}
	s.Cleanup(func() { _ = s.exporter.Stop() }) // it has ended, unless the test failed
	client := newClient("127.0.0.2", 5*time.Second)
	err = s.exporter.WaitReady(s.ctx, time.Minute, func(context.Context) error { _, err := s.get(client, "/-/ready"); return err })
	if err != nil {
		s.Fatal(err)
	}
}

// newClient returns a client with its own source address.
func newClient(address string, timeout time.Duration) *http.Client {
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(address)}}
	return &http.Client{Timeout: timeout, Transport: &http.Transport{
		DialContext: dialer.DialContext, DisableCompression: true, DisableKeepAlives: true, // a scrape begins with a connection
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true},
	}}
}

func (s *site) get(client *http.Client, path string) ([]byte, error) {
	var body bytes.Buffer
	err := s.read(client, path, &body)
	return body.Bytes(), err
}

// read copies an answer.
func (s *site) read(client *http.Client, path string, to io.Writer, header ...string) error {
	r, err := http.NewRequestWithContext(s.ctx, http.MethodGet, s.scheme+"://"+s.address+path, http.NoBody)
	if err != nil {
		return err
	}
	for _, h := range header {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Set(name, value)
	}
	answer, err := client.Do(r)
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }()
	_, err = io.Copy(to, answer.Body)
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("GET %s: %s", path, answer.Status)
	}
	return err
}

// recordResult notes what became of what begin does.
func (s *site) recordResult(format string, arguments ...any) {
	text := fmt.Sprintf(format, arguments...)
	s.outcome.Store(&text)
}

// loop calls f again and again until the attack is over, in so many goroutines.
func (s *site) loop(n int, f func(i int)) {
	for i := range n {
		s.running.Go(func() {
			for s.ctx.Err() == nil {
				f(i)
			}
		})
	}
}
