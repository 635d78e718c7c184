// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package server

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus/testutil"
)

// fakeReviewer is an API server that knows the user of "good" tokens, which may get /metrics.
type fakeReviewer struct {
	audiences []string // that the tokens have
	err       error
	status    func(review map[string]any) any // another answer
	hold      chan struct{}                   // reviews wait for it

	mu   sync.Mutex
	seen []string // the reviews, without tokens
}

func (f *fakeReviewer) Post(ctx context.Context, path string, in, out any) error {
	text, err := json.Marshal(in)
	if err != nil {
		return err
	}
	var review map[string]any
	if err := json.Unmarshal(text, &review); err != nil {
		return err
	}
	spec, _ := review["spec"].(map[string]any)
	token, _ := spec["token"].(string)
	delete(spec, "token")
	text, _ = json.Marshal(spec)
	f.mu.Lock()
	f.seen = append(f.seen, fmt.Sprintf("%s %v %s", path, review["kind"], text))
	f.mu.Unlock()
	if f.hold != nil {
		select {
		case <-f.hold:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	if f.err != nil {
		return f.err
	}
	var status any = map[string]any{
		"authenticated": strings.HasPrefix(token, "good"), "audiences": f.audiences,
		"user": user{Username: "prometheus", UID: "1", Groups: []string{"g"}, Extra: map[string][]string{"k": {"v"}}},
	}
	if path == subjectAccessReviews {
		what, _ := spec["nonResourceAttributes"].(map[string]any)
		status = map[string]any{"allowed": what["path"] == "/metrics" && what["verb"] == "get"}
	}
	if f.status != nil {
		status = f.status(review)
	}
	answer, err := json.Marshal(map[string]any{"status": status})
	if err != nil {
		return err
	}
	return json.Unmarshal(answer, out)
}

func (f *fakeReviewer) reviews() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.seen)
}

func withAuth(t *testing.T, f *fakeReviewer, audiences ...string) (http.Handler, *KubernetesAuth) {
	t.Helper()
	o := testOptions()
	o.KubernetesAuth = &KubernetesAuth{Reviewer: f, Audiences: audiences, Decisions: NewDecisions(), Log: slog.New(slog.DiscardHandler)}
	return newHandler(t, o), o.KubernetesAuth
}

func serveRequestAs(h http.Handler, authorization, method, path string) *httptest.ResponseRecorder {
	w, r := httptest.NewRecorder(), httptest.NewRequest(method, path, http.NoBody)
	if authorization != "" {
		r.Header.Set("Authorization", authorization)
	}
	h.ServeHTTP(w, r)
	return w
}

func TestKubernetesAuth(t *testing.T) {
	t.Parallel()
	is := func(status any) func(map[string]any) any { return func(map[string]any) any { return status } }
	allow := map[string]any{"authenticated": true, "user": user{Username: "u"}, "allowed": true, "audiences": []string{"exporter"}}
	change := func(key string, value any) func(map[string]any) any {
		other := maps.Clone(allow)
		other[key] = value
		return is(other)
	}
	for name, tc := range map[string]struct {
		reviewer           *fakeReviewer
		audiences          []string
		header, verb, path string
		want               int
		decision           decision
		reviews            int
	}{
		"allowed":                        {want: 200, decision: allowed, reviews: 2},
		"allowed, as a header may be":    {header: "bearer  good ", want: 200, decision: allowed, reviews: 2},
		"no token":                       {header: "-", want: 401, decision: unauthenticated},
		"an empty token":                 {header: "Bearer ", want: 401, decision: unauthenticated},
		"a password":                     {header: "Basic Z29vZDpnb29k", want: 401, decision: unauthenticated},
		"an invalid token":               {header: "Bearer bad", want: 401, decision: unauthenticated, reviews: 1},
		"a token without a user":         {reviewer: &fakeReviewer{status: change("user", user{})}, want: 401, decision: unauthenticated, reviews: 1},
		"another path":                   {path: "/", want: 403, decision: denied, reviews: 2},
		"an API":                         {path: "/api/v1/report", want: 403, decision: denied, reviews: 2},
		"a path that does not exist":     {path: "/x", want: 403, decision: denied, reviews: 2},
		"an escaped path":                {path: "/%6detrics", want: 403, decision: denied, reviews: 2},
		"another method":                 {verb: "POST", want: 403, decision: denied, reviews: 2},
		"reload":                         {verb: "POST", path: "/-/reload", want: 403, decision: denied, reviews: 2},
		"allowed and denied":             {reviewer: &fakeReviewer{status: change("denied", true)}, want: 403, decision: denied, reviews: 2},
		"an audience":                    {reviewer: &fakeReviewer{audiences: []string{"exporter"}}, audiences: []string{"other", "exporter"}, want: 200, decision: allowed, reviews: 2},
		"the wrong audience":             {reviewer: &fakeReviewer{audiences: []string{"api"}}, audiences: []string{"exporter"}, want: 401, decision: unauthenticated, reviews: 1},
		"audiences are not supported":    {audiences: []string{"exporter"}, want: 401, decision: unauthenticated, reviews: 1},
		"the API server is down":         {reviewer: &fakeReviewer{err: errors.New("refused")}, want: 503, decision: undecided, reviews: 1},
		"an empty answer":                {reviewer: &fakeReviewer{status: is(nil)}, want: 401, decision: unauthenticated, reviews: 1},
		"an answer that is none":         {reviewer: &fakeReviewer{status: is("yes")}, want: 503, decision: undecided, reviews: 1},
		"a probe":                        {header: "-", path: "/-/ready", want: 200},
		"a probe that is not a GET":      {header: "-", verb: "POST", path: "/-/ready", want: 401, decision: unauthenticated},
		"a probe, written in other ways": {header: "-", path: "/-%2Fhealthy", want: 401, decision: unauthenticated},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if tc.reviewer == nil {
				tc.reviewer = &fakeReviewer{}
			}
			h, auth := withAuth(t, tc.reviewer, tc.audiences...)
			header := strings.TrimPrefix(firstNonEmpty(tc.header, "Bearer good"), "-")
			w := serveRequestAs(h, header, firstNonEmpty(tc.verb, http.MethodGet), firstNonEmpty(tc.path, "/metrics"))
			if w.Code != tc.want || (w.Body.String() == "row 1\n") != (tc.decision == allowed) {
				t.Errorf("%d %s, want %d", w.Code, w.Body, tc.want)
			}
			if got := w.Header().Get("WWW-Authenticate"); (got == "Bearer") != (tc.want == 401) {
				t.Errorf("WWW-Authenticate %q", got)
			}
			for _, d := range []decision{allowed, denied, unauthenticated, undecided} {
				want := 0.
				if d == tc.decision {
					want = 1
				}
				if got := testutil.ToFloat64(auth.Decisions.WithLabelValues(string(d))); got != want {
					t.Errorf("%s: %v, want %v", d, got, want)
				}
			}
			if got := tc.reviewer.reviews(); len(got) != tc.reviews {
				t.Errorf("reviews %q, want %d", got, tc.reviews)
			}
		})
	}
}

func firstNonEmpty(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

func TestReviews(t *testing.T) {
	t.Parallel()
	for target, path := range map[string]string{
		"/metrics?collect[]=flux": "/metrics", "/": "/", "/clusters/a%2Fb": "/clusters/a%2Fb", "/api/v1/report": "/-/api/v1/report", "/%61pi/v1/report": "/%61pi/v1/report",
	} {
		f := &fakeReviewer{audiences: []string{"a"}}
		h, _ := withAuth(t, f, "a", "b")
		serveRequestAs(h, "Bearer good", http.MethodGet, target)
		want := []string{
			tokenReviews + ` TokenReview {"audiences":["a","b"]}`,
			subjectAccessReviews + ` SubjectAccessReview {"extra":{"k":["v"]},"groups":["g"],"nonResourceAttributes":{"path":"` + path +
				`","verb":"get"},"uid":"1","user":"prometheus"}`,
		}
		if diff := cmp.Diff(want, f.reviews()); diff != "" {
			t.Errorf("%s: %s", target, diff)
		}
	}
}

// TestDecisionsAreKept checks that each decision is kept for its lifetime, and that failures are not
// kept.
func TestDecisionsAreKept(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := &fakeReviewer{}
		h, _ := withAuth(t, f)
		step := func(path string, want, reviews int) {
			t.Helper()
			before := len(f.reviews())
			if w := serveRequestAs(h, "Bearer good", http.MethodGet, path); w.Code != want {
				t.Errorf("%s: %d, want %d", path, w.Code, want)
			}
			if got := len(f.reviews()) - before; got != reviews {
				t.Errorf("%s: %d reviews, want %d", path, got, reviews)
			}
		}
		step("/metrics", 200, 2)
		step("/metrics", 200, 0)
		step("/", 403, 1)
		step("/", 403, 0)
		<-time.After(deniedLifetime)
		step("/", 403, 1)
		step("/metrics", 200, 0)
		f.err = errors.New("refused")
		<-time.After(tokenLifetime - deniedLifetime - time.Second)
		step("/metrics", 200, 0)
		<-time.After(time.Second)
		step("/metrics", 503, 1) // refused without a decision
		step("/metrics", 503, 1) // and is not kept
		f.err = nil
		step("/metrics", 200, 1) // the token alone
		<-time.After(allowedLifetime - tokenLifetime)
		step("/metrics", 200, 2)
	})
}

// TestConcurrentRequestsShareOneReview checks that concurrent requests with the same token need one
// review, and that a canceled request does not affect the others.
func TestConcurrentRequestsShareOneReview(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := &fakeReviewer{hold: make(chan struct{})}
		h, _ := withAuth(t, f)
		var ok atomic.Int32
		var asking sync.WaitGroup
		one := func(ctx context.Context) {
			w, r := httptest.NewRecorder(), httptest.NewRequestWithContext(ctx, http.MethodGet, "/metrics", http.NoBody)
			r.Header.Set("Authorization", "Bearer good")
			h.ServeHTTP(w, r)
			if w.Code == http.StatusOK {
				ok.Add(1)
			}
		}
		first, cancel := context.WithCancel(t.Context())
		asking.Go(func() { one(first) })
		synctest.Wait()
		for range 20 {
			asking.Go(func() { one(t.Context()) })
		}
		gone, leave := context.WithCancel(t.Context())
		asking.Go(func() { one(gone) })
		synctest.Wait()
		cancel()
		leave()
		synctest.Wait()
		close(f.hold)
		asking.Wait()
		if got := f.reviews(); len(got) != 2 || ok.Load() != 21 {
			t.Errorf("%d requests are served after %d reviews", ok.Load(), len(got))
		}
	})
}

// TestTokensOfOneClientAreLimited checks that one client can run at most a quarter of all reviews,
// and that each review has a deadline.
func TestTokensOfOneClientAreLimited(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := &fakeReviewer{hold: make(chan struct{})}
		_, auth := withAuth(t, f)
		var log bytes.Buffer
		auth.Log = slog.New(slog.NewTextHandler(&log, nil))
		o := testOptions()
		o.KubernetesAuth = auth
		h := newHandler(t, o)
		start := time.Now()
		var asking sync.WaitGroup
		for i := range 5 * maxReviews {
			asking.Go(func() {
				w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/metrics", http.NoBody)
				r.RemoteAddr = fmt.Sprintf("192.0.2.%d:1", i%5)
				r.Header.Set("Authorization", fmt.Sprint("Bearer bad-", i))
				h.ServeHTTP(w, r)
				if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" {
					t.Errorf("%d", w.Code)
				}
			})
		}
		synctest.Wait()
		if got := len(f.reviews()); got != maxReviews {
			t.Errorf("%d reviews at the same time", got)
		}
		asking.Wait()
		if took := time.Since(start); took != reviewTimeout {
			t.Errorf("a review that is not answered ends after %v", took)
		}
		if text := log.String(); strings.Count(text, "\n") != 1 || strings.Contains(text, "bad-") {
			t.Errorf("log: %s", text)
		}
	})
}
