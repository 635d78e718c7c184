// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package server

import (
	"context"
	"crypto/sha256"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

const (
	// Lifetimes of decisions, as in kubelets: a revoked token or permission is refused after that
	// time at the latest.
	tokenLifetime   = 2 * time.Minute
	allowedLifetime = 5 * time.Minute
	deniedLifetime  = 30 * time.Second
	// maxDecisions bounds the tokens, and the permissions, whose decisions are kept.
	maxDecisions = 1024
	// maxReviews and maxClientReviews limit the concurrent reviews, in total and for one client address, because any
	// client can send tokens.
	maxReviews       = 32
	maxClientReviews = 8
	reviewTimeout    = 5 * time.Second
)

// Reviewer creates reviews at an API server.
type Reviewer interface {
	Post(ctx context.Context, path string, in, out any) error
}

// KubernetesAuth authenticates requests by TokenReview and authorizes them by
// SubjectAccessReview for their path and method. Without a decision, a request is refused.
type KubernetesAuth struct {
	Reviewer Reviewer
	// Audiences are the accepted audiences of tokens. The default is the audience of the API server.
	Audiences []string
	// Decisions counts decisions, see [NewDecisions].
	Decisions *prometheus.CounterVec
	Log       *slog.Logger
}

// decision is the result for a request.
type decision string

const (
	allowed         decision = "allowed"
	denied          decision = "denied"
	unauthenticated decision = "unauthenticated"
	undecided       decision = "undecided"
)

// NewDecisions returns the counter of decisions.
func NewDecisions() *prometheus.CounterVec {
	counter := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "cobaltcore_web_access_decisions_total",
		Help: "Requests by decision, only with --web.kubernetes-auth: allowed, denied (no permission), unauthenticated (no valid token) " +
			"or undecided (no answer of the API server).",
	}, []string{"decision"})
	for _, d := range []decision{allowed, denied, unauthenticated, undecided} {
		counter.WithLabelValues(string(d))
	}
	return counter
}

// access serves requests that the API server allows.
type access struct {
	KubernetesAuth

	next        http.Handler
	reviews     *slots
	users       *memo[*user]
	permissions *memo[bool]
	refusalLog  logLimiter
}

// protect returns a handler that authorizes every request, except those of probes.
func (a KubernetesAuth) protect(next http.Handler, ready func() bool) http.Handler {
	mux := http.NewServeMux()
	addProbes(mux, ready)
	mux.Handle("/", &access{
		KubernetesAuth: a, next: next, reviews: newSlots(maxReviews, maxClientReviews),
		users: newMemo[*user](), permissions: newMemo[bool](),
	})
	return mux
}

// ServeHTTP implements [http.Handler].
func (a *access) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	d, name, err := a.decide(r)
	a.Decisions.WithLabelValues(string(d)).Inc()
	if d == allowed {
		a.next.ServeHTTP(w, r)
		return
	}
	if r.Context().Err() == nil && a.refusalLog.allow() {
		a.Log.Warn("request refused", "decision", string(d), "client", clientHost(r.RemoteAddr), "user", truncate(name),
			"method", truncate(r.Method), "path", truncate(r.URL.Path), "err", err)
	}
	switch d {
	case unauthenticated:
		w.Header().Set("WWW-Authenticate", "Bearer")
		writeError(w, r, "a valid bearer token is required", http.StatusUnauthorized)
	case denied:
		writeError(w, r, "the owner of the token lacks the permission for this method and path (nonResourceURLs)", http.StatusForbidden)
	default:
		w.Header().Set("Retry-After", "1")
		writeError(w, r, "the API server could not authorize the request", http.StatusServiceUnavailable)
	}
}

// decide returns the decision for a request and the name of its user, if known.
func (a *access) decide(r *http.Request) (decision, string, error) {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if token = strings.TrimSpace(token); token == "" || !strings.EqualFold(scheme, "Bearer") {
		return unauthenticated, "", nil
	}
	key := sha256.Sum256([]byte(token))
	u, err := a.users.get(r.Context(), key, withReviewLimits(a, r, func(ctx context.Context) (*user, time.Duration, error) {
		return a.authenticate(ctx, token)
	}))
	switch {
	case err != nil:
		return undecided, "", err
	case u == nil:
		return unauthenticated, "", nil
	}
	what := attributes{Path: reviewedPath(r), Verb: strings.ToLower(r.Method)}
	key = sha256.Sum256([]byte(string(key[:]) + what.Verb + " " + what.Path))
	ok, err := a.permissions.get(r.Context(), key, withReviewLimits(a, r, func(ctx context.Context) (bool, time.Duration, error) {
		return a.authorize(ctx, u, what)
	}))
	switch {
	case err != nil:
		return undecided, u.Username, err
	case !ok:
		return denied, u.Username, nil
	}
	return allowed, u.Username, nil
}

// reviewedPath returns the path for which a user needs permission. It is the path as sent, because
// the routes distinguish escaped slashes. For /api/… it is /-/api/…, because the role
// system:discovery lets every authenticated user read /api/….
func reviewedPath(r *http.Request) string {
	path := r.URL.EscapedPath()
	if strings.HasPrefix(path, "/api") {
		return "/-" + path
	}
	return path
}

// truncate truncates a value from a client for the log.
func truncate(s string) string { return s[:min(len(s), 128)] }
