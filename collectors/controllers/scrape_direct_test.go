// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/httpclient"
)

// TestScrapedPods checks which pods are scraped, and at which URL.
func TestScrapedPods(t *testing.T) {
	t.Parallel()
	type m = map[string]any
	ports := func(list ...any) func(_, spec, _ m) {
		return func(_, spec, _ m) { spec["containers"].([]any)[0].(m)["ports"] = list }
	}
	annotated := func(annotations map[string]string) func(metadata, spec, _ m) {
		return func(metadata, spec, _ m) {
			metadata["annotations"] = annotations
			spec["containers"].([]any)[0].(m)["ports"] = nil
		}
	}
	for name, tc := range map[string]struct {
		change func(metadata, spec, status map[string]any)
		want   string // empty if no request is expected
	}{
		"of Flux":             {nil, "x:8080"},
		"of ESO":              {ports(m{"name": "webhook", "containerPort": 10250}, m{"name": "metrics", "containerPort": 8081}), "x:8081"},
		"of Flux Operator":    {ports(m{"name": "http-metrics", "containerPort": 8082}), "x:8082"},
		"encrypted":           {ports(m{"name": "https-metrics", "containerPort": 8443}), "https:x:8443"},
		"no port":             {ports(m{"name": "http", "containerPort": 8200}), ""},
		"a bad port":          {ports(m{"name": "metrics", "containerPort": 0}), ""},
		"annotated":           {annotated(map[string]string{"prometheus.io/scrape": "true", "prometheus.io/port": "9000"}), "x:9000"},
		"annotated encrypted": {annotated(map[string]string{"prometheus.io/scheme": "https", "prometheus.io/port": "9000"}), "https:x:9000"},
		"annotated not to":    {annotated(map[string]string{"prometheus.io/scrape": "false", "prometheus.io/port": "9000"}), ""},
		"annotated badly":     {annotated(map[string]string{"prometheus.io/port": "9000/../x"}), ""},
		"starting":            {func(_, _, status m) { status["phase"] = "Pending" }, ""},
		"without an address":  {func(_, _, status m) { delete(status, "podIP") }, ""},
		"ending":              {func(metadata, _, _ m) { metadata["deletionTimestamp"] = "2026-11-23T00:00:00Z" }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStubServer(t)
			s.pods = append(s.pods, podObject("x", tc.change))
			if tc.want != "" {
				s.proxied["flux-system/"+tc.want] = respondWith("workqueue_depth{name=\"x\"} 3\n")
			}
			p, e := startPods(t, s.cluster, podConfig(), nil)
			p.poll(t.Context())
			want := ""
			if tc.want != "" {
				want = fmt.Sprintf(depthOf, "x", 3)
			}
			if diff := cmp.Diff(want, servedRows(t, e, "workqueue_depth")); diff != "" || len(failingPods(t, e)) > 0 {
				t.Errorf("%s %v", diff, failingPods(t, e))
			}
		})
	}
}

// TestDirectScrape scrapes the address of the pod with and without TLS, and without credentials.
func TestDirectScrape(t *testing.T) {
	t.Parallel()
	var where sync.Map
	controller := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		where.Store(r.Host+r.URL.Path, r.Header.Get("Authorization"))
		switch r.Host {
		case "10.1.0.3:8080":
			http.Redirect(w, r, "http://10.1.0.1:8080/metrics", http.StatusFound)
		case "10.1.0.4:8080":
			apiError(http.StatusForbidden, "Forbidden")(w, r) // here it comes from the controller
		default:
			respondWith("workqueue_depth{name=\"x\"} 3\n")(w, r)
		}
	})
	plain, encrypted := httptest.NewServer(controller), httptest.NewUnstartedServer(controller)
	defer plain.Close()
	encrypted.Config.ErrorLog = log.New(io.Discard, "", 0)
	encrypted.StartTLS()
	defer encrypted.Close()
	old := httptest.NewUnstartedServer(controller)
	old.Config.ErrorLog = log.New(io.Discard, "", 0)
	old.TLS = &tls.Config{MaxVersion: tls.VersionTLS11} // too old
	old.StartTLS()
	defer old.Close()
	to := map[string]string{
		"10.1.0.1:8080": plain.Listener.Addr().String(), "10.1.0.3:8080": plain.Listener.Addr().String(), "10.1.0.4:8080": plain.Listener.Addr().String(),
		"[fd00::2]:8443": encrypted.Listener.Addr().String(), "10.1.0.5:8443": old.Listener.Addr().String(), "10.1.0.6:8443": plain.Listener.Addr().String(),
	}
	s := newStubServer(t)
	at := func(ip, port string, number int) func(_, spec, status map[string]any) {
		return func(_, spec, status map[string]any) {
			status["podIP"] = ip
			spec["containers"].([]any)[0].(map[string]any)["ports"] = []any{map[string]any{"name": port, "containerPort": number}}
		}
	}
	s.pods = append(s.pods, podObject("a", nil), podObject("b", at("fd00::2", "https-metrics", 8443)), podObject("c", at("10.1.0.3", "metrics", 8080)),
		podObject("d", at("10.1.0.4", "metrics", 8080)), podObject("e", at("10.1.0.5", "https-metrics", 8443)), podObject("f", at("10.1.0.6", "https-metrics", 8443)),
		podObject("g", at("10.1.0.7", "metrics", 8080)), podObject("h", at("not an address", "metrics", 8080)),
		podObject("i", at("169.254.169.254", "metrics", 80)), podObject("j", at("metadata.example.com", "metrics", 80)), podObject("k", at("127.0.0.1", "metrics", 8080)))
	conf := podConfig()
	conf.Via = "direct"
	p, e := startPods(t, s.cluster, conf, func(s *collectors.Site) {
		s.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
			if to[address] == "" {
				return nil, &net.OpError{Op: "dial", Err: context.DeadlineExceeded}
			}
			return (&net.Dialer{}).DialContext(ctx, network, to[address])
		}
	})
	p.poll(t.Context())
	want := fmt.Sprintf(depthOf, "a", 3) + fmt.Sprintf(depthOf, "b", 3)
	if diff := cmp.Diff(want, servedRows(t, e, "workqueue_depth")); diff != "" {
		t.Error(diff)
	}
	failing := map[string]string{"c": "http", "d": "unauthorized", "e": "tls", "f": "tls", "g": "timeout", "h": "decode", "i": "decode", "j": "decode", "k": "decode"}
	if diff := cmp.Diff(failing, failingPods(t, e)); diff != "" {
		t.Error(diff)
	}
	n := 0
	where.Range(func(url, credentials any) bool {
		n++
		if credentials != "" || !strings.HasSuffix(url.(string), "/metrics") {
			t.Errorf("%s was asked with %q", url, credentials)
		}
		return true
	})
	if n != 4 { // not those of h to k
		t.Errorf("%d addresses were asked", n)
	}
	if slices.ContainsFunc(s.requests(), func(u string) bool { return strings.Contains(u, "proxy") }) {
		t.Errorf("the proxy was asked: %q", s.requests())
	}
	if _, ok := newDirect(nil).client.Transport.(*httpclient.Transport); !ok {
		t.Error("the transport is not the one that all requests share, which has no proxy")
	}
}

// TestScrapeDisabled checks that no requests are sent.
func TestScrapeDisabled(t *testing.T) {
	t.Parallel()
	s := newStubServer(t)
	s.pods = append(s.pods, podObject("a", nil))
	conf := podConfig()
	conf.Via = "none"
	p, e := startPods(t, s.cluster, conf, nil)
	p.poll(t.Context())
	if got := servedRows(t, e, scrapeSuccess.Name, scrapeFailing.Name); got != "" ||
		slices.ContainsFunc(s.requests(), func(u string) bool { return strings.Contains(u, "proxy") }) {
		t.Errorf("%s %q", got, s.requests())
	}
}
