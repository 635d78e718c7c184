// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
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
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/failure"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/testutil"
)

const depthOf = `workqueue_depth{cluster="management",system="flux",component="kustomize-controller",controller_namespace="flux-system",controller_pod=%q,name="x"} %v` + "\n"

// TestProxyAnswers checks that a good answer becomes rows, that any other answer has its reason, and that no
// text of such an answer is in a log or a row.
func TestProxyAnswers(t *testing.T) {
	t.Parallel()
	const good = "workqueue_depth{name=\"x\"} 3\n"
	for name, tc := range map[string]struct {
		answer http.HandlerFunc
		want   failure.Reason // empty if the answer is good
	}{
		"good":                      {respondWith(good), ""},
		"not packed":                {respondWithError(http.StatusOK, good), ""},
		"no endpoint":               {apiError(http.StatusServiceUnavailable, "ServiceUnavailable"), failure.ReasonHTTP},
		"throttled":                 {apiError(http.StatusTooManyRequests, "TooManyRequests"), failure.ReasonHTTP},
		"no right to the proxy":     {apiError(http.StatusForbidden, "Forbidden"), failure.ReasonForbidden},
		"the token has expired":     {apiError(http.StatusUnauthorized, "Unauthorized"), failure.ReasonForbidden},
		"the controller refuses":    {respondWithError(http.StatusForbidden, "Forbidden s3cr3t"), failure.ReasonUnauthorized},
		"it wants a token":          {respondWithError(http.StatusUnauthorized, `{"kind":"Error","reason":"s3cr3t"}`), failure.ReasonUnauthorized},
		"the pod is gone":           {apiError(http.StatusNotFound, "NotFound"), failure.ReasonNotFound},
		"no metrics":                {respondWithError(http.StatusNotFound, "404 page not found"), failure.ReasonNotFound},
		"a gateway gave up":         {respondWithError(http.StatusGatewayTimeout, ""), failure.ReasonTimeout},
		"broken":                    {respondWithError(http.StatusInternalServerError, "s3cr3t"), failure.ReasonHTTP},
		"a redirect":                {func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/s3cr3t", http.StatusFound) }, failure.ReasonHTTP},
		"HTML":                      {respondWithError(http.StatusOK, "<html>s3cr3t</html>\n"), failure.ReasonDecode},
		"nothing":                   {respondWithError(http.StatusOK, ""), failure.ReasonDecode},
		"garbage behind good lines": {respondWith(good + "s3cr3t\n"), failure.ReasonDecode},
		"cut off":                   {respondWith(good + "workqueue_de"), failure.ReasonDecode},
		"a Status that is a success": {
			respondWithError(http.StatusOK, `{"kind":"Status","apiVersion":"v1"}`+"\n"), failure.ReasonDecode,
		},
		"not gzip": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = io.WriteString(w, good)
		}, failure.ReasonDecode},
		"half of gzip": {func(w http.ResponseWriter, r *http.Request) {
			packed := httptest.NewRecorder()
			respondWith(good)(packed, r)
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write(packed.Body.Bytes()[:packed.Body.Len()-12])
		}, failure.ReasonHTTP},
		"the connection ends": {func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, good)
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		}, failure.ReasonHTTP},
		"endless": {func(w http.ResponseWriter, r *http.Request) {
			line := []byte("# " + strings.Repeat("x", 32<<10) + "\n")
			for r.Context().Err() == nil {
				if _, err := w.Write(line); err != nil {
					return
				}
			}
		}, failure.ReasonTooLarge},
		"a line without end": {func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				if _, err := w.Write(bytes.Repeat([]byte("x"), 32<<10)); err != nil {
					return
				}
			}
		}, failure.ReasonDecode},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStubServer(t)
			s.pods = append(s.pods, podObject("kustomize-controller-1", nil), podObject("kustomize-controller-2", nil))
			s.proxied["flux-system/kustomize-controller-1:8080"] = respondWith(good)
			s.proxied["flux-system/kustomize-controller-2:8080"] = respondWith(good)
			var logged bytes.Buffer
			p, e := startPods(t, s.cluster, podConfig(), func(s *collectors.Site) { s.Log = slog.New(slog.NewTextHandler(&logged, nil)) })
			p.timeout = testutil.Deadline
			p.poll(t.Context())
			both := fmt.Sprintf(depthOf, "kustomize-controller-1", 3) + fmt.Sprintf(depthOf, "kustomize-controller-2", 3)
			if diff := cmp.Diff(both, servedRows(t, e, "workqueue_depth")); diff != "" {
				t.Fatal(diff)
			}
			s.set(func(s *stubServer) { s.proxied["flux-system/kustomize-controller-1:8080"] = tc.answer })
			p.poll(t.Context())
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
			s.set(func(s *stubServer) { s.proxied["flux-system/kustomize-controller-1:8080"] = respondWith(good) })
			p.poll(t.Context())
			if diff := cmp.Diff(both, servedRows(t, e, "workqueue_depth")); diff != "" || len(failingPods(t, e)) > 0 {
				t.Errorf("it does not recover: %s", diff)
			}
		})
	}
}

// TestSlowPodDelaysNoOther checks that a slow answer ends with the timeout, and that its pod is scraped last
// from then on.
func TestSlowPodDelaysNoOther(t *testing.T) {
	t.Parallel()
	s := newStubServer(t)
	for n := range 3 * maxConcurrentScrapes {
		name := fmt.Sprintf("kustomize-controller-%02d", n)
		s.pods = append(s.pods, podObject(name, nil))
		s.proxied["flux-system/"+name+":8080"] = respondWith("workqueue_depth{name=\"x\"} 3\n")
	}
	var order sync.Mutex
	var asked []string
	slow := "flux-system/kustomize-controller-00:8080"
	s.proxied[slow] = func(w http.ResponseWriter, r *http.Request) {
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
	s.proxied[last] = func(w http.ResponseWriter, r *http.Request) {
		order.Lock()
		asked = append(asked, "last")
		order.Unlock()
		respondWith("workqueue_depth{name=\"x\"} 3\n")(w, r)
	}
	p, e := startPods(t, s.cluster, podConfig(), nil)
	p.timeout = time.Second // keeps the test short
	for range 2 {
		p.poll(t.Context())
		if diff := cmp.Diff(map[string]string{"kustomize-controller-00": "timeout"}, failingPods(t, e)); diff != "" {
			t.Error(diff)
		}
	}
	if n := strings.Count(servedRows(t, e, "workqueue_depth"), "\n"); n != 3*maxConcurrentScrapes-1 {
		t.Errorf("%d pods have answered", n)
	}
	if len(asked) != 4 || asked[0] != "slow" || !p.slow["flux-system/kustomize-controller-00"] {
		t.Errorf("asked %v", asked)
	}
}

// TestConcurrentScrapesAreLimited checks the bound of concurrent scrapes.
func TestConcurrentScrapesAreLimited(t *testing.T) {
	t.Parallel()
	s := newStubServer(t)
	var now, most atomic.Int32
	full := make(chan struct{})
	for n := range 3 * maxConcurrentScrapes {
		name := fmt.Sprintf("kustomize-controller-%02d", n)
		s.pods = append(s.pods, podObject(name, nil))
		s.proxied["flux-system/"+name+":8080"] = func(w http.ResponseWriter, r *http.Request) {
			if n := now.Add(1); n == maxConcurrentScrapes && most.Swap(n) < n {
				close(full)
			} else if n > maxConcurrentScrapes {
				t.Errorf("%d at once", n)
			}
			<-full
			defer now.Add(-1)
			respondWith("workqueue_depth 3\n")(w, r)
		}
	}
	p, e := startPods(t, s.cluster, podConfig(), nil)
	p.poll(t.Context())
	if n := strings.Count(servedRows(t, e, "workqueue_depth"), "\n"); n != 3*maxConcurrentScrapes {
		t.Errorf("%d pods have answered", n)
	}
}

// TestRowsOfDeletedPodsAreRemoved checks that the metrics of a pod are removed as soon as the pod is gone.
func TestRowsOfDeletedPodsAreRemoved(t *testing.T) {
	t.Parallel()
	s := newStubServer(t)
	s.pods = append(s.pods, podObject("x", nil), podObject("y", nil))
	for _, name := range []string{"x", "y"} {
		s.proxied["flux-system/"+name+":8080"] = respondWith("workqueue_depth{name=\"x\"} 3\n")
	}
	p, e := startPods(t, s.cluster, podConfig(), nil)
	p.poll(t.Context())
	s.set(func(s *stubServer) { s.pods = s.pods[1:] })
	p.poll(t.Context())
	if text := servedText(t, e); strings.Contains(text, `"x",system`) || strings.Contains(text, `controller_pod="x"`) || !strings.Contains(text, `controller_pod="y"`) {
		t.Error(text)
	}
}

// TestManySeries checks that series above the limit are counted, and that a family with too many series does
// not displace the others.
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
	s.proxied["flux-system/x:8080"] = respondWith(text.String())
	p, e := startPods(t, s.cluster, podConfig(), nil)
	p.poll(t.Context())
	if got := strings.Count(servedRows(t, e, "externalsecret_sync_calls_error", "externalsecret_sync_calls_total"), "\n"); got != 2*maxSeriesOfFamily {
		t.Errorf("%d series", got)
	}
	if got := servedRows(t, e, "workqueue_depth"); got != fmt.Sprintf(depthOf, "x", 3) {
		t.Error(got)
	}
	if got := servedRows(t, e, metricsCut.Name); !strings.HasSuffix(got, "} 15\n") {
		t.Error(got)
	}
	r := newReexport([]string{"a", "b", "c", "d", "e", "f"}, false)
	text.Reset()
	for n := range 6 * maxSeriesOfFamily {
		_, _ = fmt.Fprintf(&text, "%c{name=\"x-%d\"} 1\n", 'a'+n%6, n)
	}
	all, err := exposition.New(exposition.Options{}, r.families...)
	if err != nil {
		t.Fatal(err)
	}
	rows := all.Group(exposition.Key{}, r.families).Rows()
	if cut, err := copySamples(newParser(r), strings.NewReader(text.String()), rows, nil); cut != 6*maxSeriesOfFamily-maxSeries || err != nil {
		t.Errorf("%d series were cut, %v", cut, err)
	}
}

// TestRunPollsRepeatedly checks that pods are scraped at every interval.
func TestRunPollsRepeatedly(t *testing.T) {
	t.Parallel()
	s := newStubServer(t)
	s.pods = append(s.pods, podObject("a", nil))
	var n atomic.Int32
	s.proxied["flux-system/a:8080"] = func(w http.ResponseWriter, r *http.Request) {
		respondWith(fmt.Sprintf("workqueue_depth{name=\"x\"} %d\n", n.Add(1)))(w, r)
	}
	conf := podConfig()
	conf.Interval = config.Duration(10 * time.Millisecond)
	p, e := startPods(t, s.cluster, conf, nil)
	p.timeout = testutil.Deadline
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); p.Run(ctx) }()
	defer func() { cancel(); <-done }()
	testutil.Until(t, "settled", p.Settled)
	testutil.Until(t, "asked again", func() bool { return strings.HasSuffix(servedRows(t, e, "workqueue_depth"), "} 3\n") || n.Load() > 3 })
}
