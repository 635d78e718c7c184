// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/config"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/probe"
)

const depthOf = `workqueue_depth{cluster="management",system="flux",component="kustomize-controller",controller_namespace="flux-system",controller_pod=%q,name="x"} %v` + "\n"

// TestProxyAnswers: a good answer becomes rows, any other one is its reason, and none
// of it is in a log or a row.
func TestProxyAnswers(t *testing.T) {
	t.Parallel()
	const good = "workqueue_depth{name=\"x\"} 3\n"
	for name, tc := range map[string]struct {
		answer http.HandlerFunc
		want   probe.Reason // empty for a good answer
	}{
		"good":                      {says(good), ""},
		"not packed":                {refuses(http.StatusOK, good), ""},
		"no endpoint":               {apiError(http.StatusServiceUnavailable, "ServiceUnavailable"), probe.ReasonHTTP},
		"throttled":                 {apiError(http.StatusTooManyRequests, "TooManyRequests"), probe.ReasonHTTP},
		"no right to the proxy":     {apiError(http.StatusForbidden, "Forbidden"), probe.ReasonForbidden},
		"the token has expired":     {apiError(http.StatusUnauthorized, "Unauthorized"), probe.ReasonForbidden},
		"the controller refuses":    {refuses(http.StatusForbidden, "Forbidden s3cr3t"), reasonUnauthorized},
		"it wants a token":          {refuses(http.StatusUnauthorized, `{"kind":"Error","reason":"s3cr3t"}`), reasonUnauthorized},
		"the pod is gone":           {apiError(http.StatusNotFound, "NotFound"), probe.ReasonNotFound},
		"no metrics":                {refuses(http.StatusNotFound, "404 page not found"), probe.ReasonNotFound},
		"a gateway gave up":         {refuses(http.StatusGatewayTimeout, ""), probe.ReasonTimeout},
		"broken":                    {refuses(http.StatusInternalServerError, "s3cr3t"), probe.ReasonHTTP},
		"a redirect":                {func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/s3cr3t", http.StatusFound) }, probe.ReasonHTTP},
		"HTML":                      {refuses(http.StatusOK, "<html>s3cr3t</html>\n"), probe.ReasonDecode},
		"nothing":                   {refuses(http.StatusOK, ""), probe.ReasonDecode},
		"garbage behind good lines": {says(good + "s3cr3t\n"), probe.ReasonDecode},
		"cut off":                   {says(good + "workqueue_de"), probe.ReasonDecode},
		"a Status that is a success": {
			refuses(http.StatusOK, `{"kind":"Status","apiVersion":"v1"}`+"\n"), probe.ReasonDecode,
		},
		"not gzip": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = io.WriteString(w, good)
		}, probe.ReasonDecode},
		"half of gzip": {func(w http.ResponseWriter, r *http.Request) {
			packed := httptest.NewRecorder()
			says(good)(packed, r)
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write(packed.Body.Bytes()[:packed.Body.Len()-12])
		}, probe.ReasonHTTP},
		"the connection ends": {func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, good)
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		}, probe.ReasonHTTP},
		"endless": {func(w http.ResponseWriter, r *http.Request) {
			line := []byte("# " + strings.Repeat("x", 32<<10) + "\n")
			for r.Context().Err() == nil {
				if _, err := w.Write(line); err != nil {
					return
				}
			}
		}, reasonTooLarge},
		"a line without end": {func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				if _, err := w.Write(bytes.Repeat([]byte("x"), 32<<10)); err != nil {
					return
				}
			}
		}, probe.ReasonDecode},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStubServer(t)
			s.pods = append(s.pods, podObject("kustomize-controller-1", nil), podObject("kustomize-controller-2", nil))
			s.behind["flux-system/kustomize-controller-1:8080"] = says(good)
			s.behind["flux-system/kustomize-controller-2:8080"] = says(good)
			var logged bytes.Buffer
			p, e := startPods(t, s.cluster, podConfig(), func(s *collectors.Site) { s.Log = slog.New(slog.NewTextHandler(&logged, nil)) })
			p.timeout = podDeadline
			p.round(t.Context())
			both := fmt.Sprintf(depthOf, "kustomize-controller-1", 3) + fmt.Sprintf(depthOf, "kustomize-controller-2", 3)
			if diff := cmp.Diff(both, servedRows(t, e, "workqueue_depth")); diff != "" {
				t.Fatal(diff)
			}
			s.set(func(s *stubServer) { s.behind["flux-system/kustomize-controller-1:8080"] = tc.answer })
			p.round(t.Context())
			if tc.want == "" {
				if diff := cmp.Diff(both, servedRows(t, e, "workqueue_depth")); diff != "" || logged.Len() > 0 {
					t.Errorf("%s\n%s", diff, logged.String())
				}
				return
			}
			if diff := cmp.Diff(map[string]string{"kustomize-controller-1": string(tc.want)}, failingPods(t, e)); diff != "" {
				t.Error(diff, logged.String())
			}
			if diff := cmp.Diff(fmt.Sprintf(depthOf, "kustomize-controller-2", 3), servedRows(t, e, "workqueue_depth")); diff != "" {
				t.Errorf("rows of before, or half of what was read, are there: %s", diff)
			}
			if got := servedRows(t, e, scrapeSuccess.Name); !strings.Contains(got, `name="kustomize-controller-1",system="flux",component="kustomize-controller"} 0`) {
				t.Error(got)
			}
			if text := logged.String() + servedText(t, e); strings.Contains(text, "s3cr3t") || !strings.Contains(logged.String(), "flux-system/kustomize-controller-1") {
				t.Errorf("the log:\n%s", logged.String())
			}
			if st := p.Status(); !st.Up || st.Errors[string(tc.want)] != 1 {
				t.Errorf("%+v", st)
			}
			if !slices.Contains(scrapeReasons(), tc.want) {
				t.Errorf("%s is not in the closed set", tc.want)
			}
			s.set(func(s *stubServer) { s.behind["flux-system/kustomize-controller-1:8080"] = says(good) })
			p.round(t.Context())
			if diff := cmp.Diff(both, servedRows(t, e, "workqueue_depth")); diff != "" || len(failingPods(t, e)) > 0 {
				t.Errorf("it does not recover: %s", diff)
			}
		})
	}
}

// TestASlowPodHoldsUpNobody: a trickle is cut off in time, and comes last from then on.
func TestASlowPodHoldsUpNobody(t *testing.T) {
	t.Parallel()
	s := newStubServer(t)
	for n := range 3 * scrapesAtOnce {
		name := fmt.Sprintf("kustomize-controller-%02d", n)
		s.pods = append(s.pods, podObject(name, nil))
		s.behind["flux-system/"+name+":8080"] = says("workqueue_depth{name=\"x\"} 3\n")
	}
	var order sync.Mutex
	var asked []string
	slow := "flux-system/kustomize-controller-00:8080"
	s.behind[slow] = func(w http.ResponseWriter, r *http.Request) {
		order.Lock()
		asked = append(asked, "slow")
		order.Unlock()
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		for {
			_, _ = io.WriteString(w, "# a comment\n")
			_ = http.NewResponseController(w).Flush()
			select {
			case <-r.Context().Done():
				return
			case <-tick.C:
			}
		}
	}
	last := "flux-system/kustomize-controller-23:8080"
	s.behind[last] = func(w http.ResponseWriter, r *http.Request) {
		order.Lock()
		asked = append(asked, "last")
		order.Unlock()
		says("workqueue_depth{name=\"x\"} 3\n")(w, r)
	}
	p, e := startPods(t, s.cluster, podConfig(), nil)
	p.timeout = time.Second // so that waiting is short
	for range 2 {
		p.round(t.Context())
		if diff := cmp.Diff(map[string]string{"kustomize-controller-00": "timeout"}, failingPods(t, e)); diff != "" {
			t.Error(diff)
		}
	}
	if n := strings.Count(servedRows(t, e, "workqueue_depth"), "\n"); n != 3*scrapesAtOnce-1 {
		t.Errorf("%d pods have answered", n)
	}
	if len(asked) != 4 || asked[0] != "slow" || !p.slow["flux-system/kustomize-controller-00"] {
		t.Errorf("asked %v", asked)
	}
}

// TestAtMostEightAreAskedAtOnce.
func TestAtMostEightAreAskedAtOnce(t *testing.T) {
	t.Parallel()
	s := newStubServer(t)
	var now, most atomic.Int32
	full := make(chan struct{})
	for n := range 3 * scrapesAtOnce {
		name := fmt.Sprintf("kustomize-controller-%02d", n)
		s.pods = append(s.pods, podObject(name, nil))
		s.behind["flux-system/"+name+":8080"] = func(w http.ResponseWriter, r *http.Request) {
			if n := now.Add(1); n == scrapesAtOnce && most.Swap(n) < n {
				close(full)
			} else if n > scrapesAtOnce {
				t.Errorf("%d at once", n)
			}
			<-full
			defer now.Add(-1)
			says("workqueue_depth 3\n")(w, r)
		}
	}
	p, e := startPods(t, s.cluster, podConfig(), nil)
	p.round(t.Context())
	if n := strings.Count(servedRows(t, e, "workqueue_depth"), "\n"); n != 3*scrapesAtOnce {
		t.Errorf("%d pods have answered", n)
	}
}

// TestWhoIsAsked, and where.
func TestWhoIsAsked(t *testing.T) {
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
		want   string // empty: nobody
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
				s.behind["flux-system/"+tc.want] = says("workqueue_depth{name=\"x\"} 3\n")
			}
			p, e := startPods(t, s.cluster, podConfig(), nil)
			p.round(t.Context())
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

// TestPodsThatGo take the rows of their metrics along, at once.
func TestPodsThatGo(t *testing.T) {
	t.Parallel()
	s := newStubServer(t)
	s.pods = append(s.pods, podObject("x", nil), podObject("y", nil))
	for _, name := range []string{"x", "y"} {
		s.behind["flux-system/"+name+":8080"] = says("workqueue_depth{name=\"x\"} 3\n")
	}
	p, e := startPods(t, s.cluster, podConfig(), nil)
	p.round(t.Context())
	s.set(func(s *stubServer) { s.pods = s.pods[1:] })
	p.round(t.Context())
	if text := servedText(t, e); strings.Contains(text, `"x",system`) || strings.Contains(text, `controller_pod="x"`) || !strings.Contains(text, `controller_pod="y"`) {
		t.Error(text)
	}
}

// TestManySeries: what is too much is counted, and the family that has too many does
// not push out the others.
func TestManySeries(t *testing.T) {
	t.Parallel()
	var text strings.Builder
	for _, family := range []string{"externalsecret_sync_calls_error", "externalsecret_sync_calls_total"} {
		for n := range maxSeriesOfFamily + 7 {
			_, _ = fmt.Fprintf(&text, "%s{name=\"x-%d\"} %d\n", family, n, n)
		}
	}
	text.WriteString("gotk_reconcile_duration_seconds 1\nworkqueue_depth{name=\"x\"} 3\n")
	s := newStubServer(t)
	s.pods = append(s.pods, podObject("x", nil))
	s.behind["flux-system/x:8080"] = says(text.String())
	p, e := startPods(t, s.cluster, podConfig(), nil)
	p.round(t.Context())
	if got := strings.Count(servedRows(t, e, "externalsecret_sync_calls_error", "externalsecret_sync_calls_total"), "\n"); got != 2*maxSeriesOfFamily {
		t.Errorf("%d series", got)
	}
	if got := servedRows(t, e, "workqueue_depth"); got != fmt.Sprintf(depthOf, "x", 3) {
		t.Error(got)
	}
	if got := servedRows(t, e, metricsCut.Name); !strings.HasSuffix(got, "} 15\n") {
		t.Error(got)
	}
	r := newReexport([]string{"a", "b", "c", "d", "e", "f"})
	text.Reset()
	for n := range 6 * maxSeriesOfFamily {
		_, _ = fmt.Fprintf(&text, "%c{name=\"x-%d\"} 1\n", 'a'+n%6, n)
	}
	all, err := exposition.New(exposition.Options{}, r.families...)
	if err != nil {
		t.Fatal(err)
	}
	rows := all.Group(exposition.Key{}, r.families).Rows()
	if cut, err := takeOver(newParser(r), strings.NewReader(text.String()), rows, nil); cut != 6*maxSeriesOfFamily-maxSeries || err != nil {
		t.Errorf("%d series were cut, %v", cut, err)
	}
}

// TestDirect asks the address of the pod, encrypted or not, with no credentials.
func TestDirect(t *testing.T) {
	t.Parallel()
	var where sync.Map
	controller := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		where.Store(r.Host+r.URL.Path, r.Header.Get("Authorization"))
		switch r.Host {
		case "10.1.0.3:8080":
			http.Redirect(w, r, "http://10.1.0.1:8080/metrics", http.StatusFound)
		case "10.1.0.4:8080":
			apiError(http.StatusForbidden, "Forbidden")(w, r) // nobody but the controller can have said so
		default:
			says("workqueue_depth{name=\"x\"} 3\n")(w, r)
		}
	})
	plain, encrypted := httptest.NewServer(controller), httptest.NewUnstartedServer(controller)
	defer plain.Close()
	encrypted.Config.ErrorLog = log.New(io.Discard, "", 0)
	encrypted.StartTLS()
	defer encrypted.Close()
	old := httptest.NewUnstartedServer(controller)
	old.Config.ErrorLog = log.New(io.Discard, "", 0)
	old.TLS = &tls.Config{MaxVersion: tls.VersionTLS11} // what is refused
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
		podObject("g", at("10.1.0.7", "metrics", 8080)), podObject("h", at("not an address", "metrics", 8080)))
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
	p.round(t.Context())
	want := fmt.Sprintf(depthOf, "a", 3) + fmt.Sprintf(depthOf, "b", 3)
	if diff := cmp.Diff(want, servedRows(t, e, "workqueue_depth")); diff != "" {
		t.Error(diff)
	}
	failing := map[string]string{"c": "http", "d": "unauthorized", "e": "tls", "f": "tls", "g": "timeout", "h": "decode"}
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
	if n != 4 {
		t.Errorf("%d addresses were asked", n)
	}
	if slices.ContainsFunc(s.requests(), func(u string) bool { return strings.Contains(u, "proxy") }) {
		t.Errorf("the proxy was asked: %q", s.requests())
	}
	if got, ok := newDirect(nil).client.Transport.(*http.Transport); !ok || got.Proxy != nil || got.DialContext == nil {
		t.Error("a proxy of the environment would be asked")
	}
}

// TestNone asks nobody.
func TestNone(t *testing.T) {
	t.Parallel()
	s := newStubServer(t)
	s.pods = append(s.pods, podObject("a", nil))
	conf := podConfig()
	conf.Via = "none"
	p, e := startPods(t, s.cluster, conf, nil)
	p.round(t.Context())
	if got := servedRows(t, e, scrapeSuccess.Name, scrapeFailing.Name); got != "" || slices.ContainsFunc(s.requests(), func(u string) bool { return strings.Contains(u, "proxy") }) {
		t.Errorf("%s %q", got, s.requests())
	}
}

// TestRunAsksAgain at every interval.
func TestRunAsksAgain(t *testing.T) {
	t.Parallel()
	s := newStubServer(t)
	s.pods = append(s.pods, podObject("a", nil))
	var n atomic.Int32
	s.behind["flux-system/a:8080"] = func(w http.ResponseWriter, r *http.Request) {
		says(fmt.Sprintf("workqueue_depth{name=\"x\"} %d\n", n.Add(1)))(w, r)
	}
	conf := podConfig()
	conf.Interval = config.Duration(10 * time.Millisecond)
	p, e := startPods(t, s.cluster, conf, nil)
	p.timeout = podDeadline
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); p.Run(ctx) }()
	defer func() { cancel(); <-done }()
	soon(t, "settled", p.Settled)
	soon(t, "asked again", func() bool { return strings.HasSuffix(servedRows(t, e, "workqueue_depth"), "} 3\n") || n.Load() > 3 })
}
