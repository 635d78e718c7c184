// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/testutil"
)

// blackhole accepts connections and never answers.
func blackhole(t *testing.T) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var tasks sync.WaitGroup
	tasks.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			tasks.Go(func() { _, _ = io.Copy(io.Discard, c); _ = c.Close() })
		}
	})
	t.Cleanup(func() { _ = l.Close(); tasks.Wait() })
	return l.Addr().String()
}

func TestDeadClusterBlocksForTheSyncTimeoutOnly(t *testing.T) {
	t.Parallel()
	const syncTimeout = time.Second
	s := newSite(t)
	s.objects("alive/objects.yaml", "x")
	s.write("dead.kubeconfig", fmt.Sprintf(`{apiVersion: v1, kind: Config, current-context: c, users: [],
  clusters: [{name: c, cluster: {server: 'http://%s'}}], contexts: [{name: c, context: {cluster: c}}]}`, blackhole(t)))
	s.write("fleet.yaml", "clusters:\n- {name: alive, snapshot: {path: alive}}\n- {name: dead, kubeconfig: {path: dead.kubeconfig}}\n")
	started := time.Now()
	e := s.run(func(o *Options) { o.SyncTimeout = syncTimeout })
	for _, path := range []string{"/metrics", "/-/ready"} {
		code, body := e.ask(http.MethodGet, path)
		if time.Since(started) < syncTimeout && (code != http.StatusServiceUnavailable || !strings.Contains(body, "not complete")) {
			t.Errorf("%s: %d %s", path, code, body)
		}
	}
	if code, _ := e.ask(http.MethodGet, "/-/healthy"); code != http.StatusOK {
		t.Errorf("healthy: %d", code)
	}
	testutil.Eventually(t, func() (bool, string) {
		code, body := e.ask(http.MethodGet, "/-/ready")
		return code == http.StatusOK, body
	})
	if took := time.Since(started); took < syncTimeout {
		t.Errorf("ready after %s", took)
	}
	e.wantRows("cluster=alive/x")
	e.wantLine(`cobaltcore_cluster_up{cluster="alive"} 1`)
	e.wantLine(`cobaltcore_cluster_up{cluster="dead"} 0`)
	e.wantLine(`cobaltcore_cluster_failing{cluster="dead",reason="timeout"} 1`) // when the first probe has ended
	if code, body := e.ask(http.MethodPost, "/-/reload"); code != http.StatusOK {
		t.Errorf("reload with a dead cluster: %d %s", code, body)
	}
}

func TestShutdownFinishesScrape(t *testing.T) {
	t.Parallel()
	const objects = 20_000 // more than the buffers of the kernel can hold
	s := newSite(t)
	items := make([]string, objects)
	for i := range items {
		items[i] = fmt.Sprintf(`{"apiVersion":"source.toolkit.fluxcd.io/v1","kind":"GitRepository","metadata":{"name":"object-with-a-long-name-%05d","namespace":"n"}}`, i)
	}
	s.write("a/objects.json", `{"kind":"List","items":[`+strings.Join(items, ",")+"]}")
	s.configure("", "a")
	e := s.run()
	testutil.Eventually(t, func() (bool, string) {
		code, body := e.ask(http.MethodGet, "/-/ready")
		return code == http.StatusOK, body
	})
	c, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", e.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	if _, err := io.WriteString(c, "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	response, err := http.ReadResponse(bufio.NewReaderSize(c, 1<<10), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	e.cancel()
	testutil.Eventually(t, func() (bool, string) {
		other, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", e.addr)
		if err == nil {
			_ = other.Close()
		}
		return err != nil, "still listening"
	})
	select {
	case err := <-e.ended:
		e.ended <- err // for stop
		t.Fatalf("ended in the middle of a scrape: %v", err)
	default:
	}
	body, err := io.ReadAll(response.Body)
	if err != nil || int64(len(body)) != response.ContentLength {
		t.Errorf("%d of %d bytes: %v", len(body), response.ContentLength, err)
	}
	if got := len(rows(string(body))); got != objects {
		t.Errorf("%d objects", got)
	}
	e.stop()
}

// TestRunAgain runs several exporters in one process, at the same time and one
// after the other.
func TestRunAgain(t *testing.T) {
	t.Parallel()
	s := twoClusters(t)
	for range 2 {
		first, second := s.run(), s.run(func(o *Options) { o.EnablePprof = true })
		for _, e := range []*exporter{first, second} {
			e.wantRows("cluster=a/a1", "cluster=a/a2", "cluster=b/b1", "cluster=b/b2")
		}
		first.stop()
		second.wantRows("cluster=a/a1", "cluster=a/a2", "cluster=b/b1", "cluster=b/b2")
		second.stop()
	}
}

func TestRunErrors(t *testing.T) {
	t.Parallel()
	taken := blackhole(t)
	for name, tc := range map[string]struct {
		config  string
		change  func(*Options)
		wrong   bool // a ConfigError
		message string
	}{
		"no configuration": {change: func(o *Options) { o.ConfigFile += ".not" }, wrong: true, message: "no such file"},
		"unknown key":      {config: "cluster: []", wrong: true, message: "fleet.yaml:1: "},
		"unknown family":   {config: "clusters: [{name: a, inCluster: true}]\nmetrics: {include: [nothing]}", wrong: true, message: "fleet.yaml:2: metrics.include[0]"},
		"address in use":   {change: func(o *Options) { o.ListenAddresses = append(o.ListenAddresses, taken) }, message: "listen on " + taken},
		"probe address":    {change: func(o *Options) { o.ProbeAddress = taken }, message: "listen on " + taken},
		"nonsense address": {change: func(o *Options) { o.ListenAddresses = []string{"127.0.0.1:many"} }, message: "listen on"},
		"no web config":    {change: func(o *Options) { o.WebConfigFile = "/does/not/exist" }, message: "serve: "},
		"with probes":      {change: func(o *Options) { o.WebConfigFile, o.ProbeAddress = "/does/not/exist", "127.0.0.1:0" }, message: "serve: "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			s.objects("a/objects.yaml", "x")
			s.configure("", "a")
			if tc.config != "" {
				s.write("fleet.yaml", tc.config)
			}
			o := Options{ConfigFile: s.file("fleet.yaml"), ListenAddresses: []string{"127.0.0.1:0"}, Log: slog.New(slog.DiscardHandler)}
			if tc.change != nil {
				tc.change(&o)
			}
			err := Run(context.Background(), o)
			var wrong ConfigError
			if err == nil || errors.As(err, &wrong) != tc.wrong || !strings.Contains(err.Error(), tc.message) {
				t.Errorf("%T %[1]v", err)
			}
		})
	}
}
