// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package openbao

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors/openbao/internal/nodeapi"
)

// BenchmarkRound100Nodes sends the requests without a token to 100 nodes, over loopback. core-%-at-15s
// is the CPU time of the process, including that of the nodes, for one round each 15 s.
func BenchmarkRound100Nodes(b *testing.B) {
	b.Run("http", func(b *testing.B) { benchmarkRound(b, nil) })
	b.Run("https", func(b *testing.B) {
		c := newAuthority(b, "CA").issue(b, "openbao", years(1))
		benchmarkRound(b, &tls.Config{Certificates: []tls.Certificate{c}})
	})
}

func benchmarkRound(b *testing.B, secure *tls.Config) {
	dir := b.TempDir()
	o := buildCase(b, "healthy-2.4", dir)
	answers := map[bool]map[string]nodeapi.Answer{true: {}, false: {}} // true is the active node
	for node, active := range map[string]bool{"openbao-0": true, "openbao-1": false} {
		for _, path := range []string{"sys/health", "sys/seal-status", "sys/leader"} {
			got, err := nodeapi.StoredNode{Dir: filepath.Join(dir, "openbao", "main", node)}.Do(b.Context(), nodeapi.Request{Path: path})
			if err != nil {
				b.Fatal(err)
			}
			answers[active]["/v1/"+path] = got
		}
	}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got, ok := answers[r.Host == "openbao-0.test:8200"][r.URL.Path]
		if !ok {
			b.Errorf("asked for %s", r.URL)
			return
		}
		w.WriteHeader(got.Status)
		_, _ = w.Write(got.Body)
	}))
	server.TLS = secure
	scheme := "http"
	if secure != nil {
		scheme = "https"
		o.TLS.InsecureSkipVerify = true
		server.StartTLS()
	} else {
		server.Start()
	}
	defer server.Close()
	for n := range 100 {
		o.Nodes = append(o.Nodes, fmt.Sprintf("%s://openbao-%d.test:8200", scheme, n))
	}
	site := newSite(b, time.Now)
	site.Dial = func(ctx context.Context, network, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, network, server.Listener.Addr().String())
	}
	i := start(o, site)
	defer i.nodes.Close()
	answered := func() {
		if n := len(i.Status().Errors); n > 0 {
			b.Fatal(i.Status().Errors)
		}
	}
	i.pollNodesOnce(b.Context()) // opens the connections
	answered()
	b.ReportAllocs()
	before := processCPU(b)
	for b.Loop() {
		i.pollNodesOnce(b.Context())
	}
	perRound := (processCPU(b) - before).Seconds() / float64(b.N)
	b.ReportMetric(perRound/15*100, "core-%-at-15s")
	answered()
}

func processCPU(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
