// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package aurora

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/failure"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/httpclient"
)

const (
	// maxAnswer bounds the bytes read of an answer; correct ones have a few KiB.
	maxAnswer = 1 << 20
	// maxRedirects bounds the redirects that are followed, such as http to https and a slash at the end.
	maxRedirects = 4
)

// checkFunc runs a check.
type checkFunc func(context.Context, check) outcome

// outcome is the result of a check.
type outcome struct {
	answer

	err       error // cause of the failure; nil if the check succeeded
	redirects int
	took      time.Duration // 0 if not measured
	phases    map[string]time.Duration
	expires   time.Time          // first expiry of the certificates; zero if none was presented
	problem   failure.TLSProblem // cause of a failed TLS handshake
}

// live sends requests over the network.
type live struct {
	dial httpclient.DialFunc
	log  *slog.Logger
	tls  httpclient.TLSFiles
}

// newCheckFunc returns the asker of one round, with the current contents of the TLS files. If these are invalid, the
// previous contents stay in use.
func (l *live) newCheckFunc() checkFunc {
	settings, _, err := l.tls.Reload(l.log)
	return func(ctx context.Context, c check) outcome {
		if settings == nil {
			return outcome{err: failure.FromTransport(err), problem: failure.TLSProblemOf(err)}
		}
		return ask(ctx, c, settings, l.dial)
	}
}

// ask runs a check over new connections, which are closed when it ends. It ignores the proxy settings of the
// environment and keeps no cookies.
func ask(ctx context.Context, c check, settings *tls.Config, dial httpclient.DialFunc) (o outcome) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	seen, watch := &certificateRecorder{}, newStopwatch()
	settings = settings.Clone()
	settings.ServerName = c.serverName
	settings.VerifyConnection = func(state tls.ConnectionState) error {
		// Read here, because a server that refuses the client certificate sends no answer.
		seen.record(state.PeerCertificates)
		return nil
	}
	client := http.Client{
		Transport: httpclient.New(httpclient.Options{Dial: boundedDial(ctx, dial), TLS: settings, MaxBody: maxAnswer, DisableCompression: true}),
		CheckRedirect: func(next *http.Request, via []*http.Request) error {
			err := checkRedirect(next, via)
			if err == nil {
				o.redirects = len(via)
			}
			return err
		},
	}
	start := time.Now()
	o.answer, o.err = sendRequest(httptrace.WithClientTrace(ctx, watch.trace()), &client, c)
	o.took = time.Since(start)
	if o.err == nil {
		watch.end(transfer)
		o.err = c.judge(o.answer)
	} else {
		o.problem = failure.TLSProblemOf(o.err)
		if verification, ok := errors.AsType[*tls.CertificateVerificationError](o.err); ok {
			seen.record(verification.UnverifiedCertificates)
		}
		o.err = classify(ctx, o.err, o.status > 0)
	}
	if failure.ReasonOf(o.err) != failure.ReasonTLS {
		o.problem = ""
	}
	o.body, o.phases, o.expires = nil, watch.phases(), seen.firstExpiry()
	return o
}

// sendRequest sends the request and reads the answer. The answer may have a status even if there is an error.
func sendRequest(ctx context.Context, client *http.Client, c check) (answer, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.url, http.NoBody)
	if err != nil {
		return answer{}, err
	}
	request.Header.Set("User-Agent", httpclient.UserAgent)
	request.Header.Set("Accept", c.accept)
	response, err := client.Do(request)
	if response == nil {
		return answer{}, err
	}
	defer func() { _ = response.Body.Close() }()
	got := answer{status: response.StatusCode, contentType: response.Header.Get("Content-Type")}
	if err == nil { // otherwise a redirect that is not followed
		got.body, err = io.ReadAll(response.Body)
	}
	return got, err
}

// checkRedirect returns nil if a redirect is followed, else the cause. A redirect must stay on the host, which
// the redirect of a login proxy does not, and must not leave TLS.
func checkRedirect(next *http.Request, via []*http.Request) error {
	first := via[0].URL
	switch {
	case !strings.EqualFold(next.URL.Hostname(), first.Hostname()), next.URL.Scheme != "https" && (next.URL.Scheme != "http" || first.Scheme == "https"):
		return failure.Errorf(ReasonRedirectElsewhere, "a redirect to another host, or away from TLS")
	case len(via) > maxRedirects:
		return failure.Errorf(ReasonRedirectLoop, "more than %d redirects", maxRedirects)
	}
	for _, before := range via {
		if before.URL.String() == next.URL.String() {
			return failure.Errorf(ReasonRedirectLoop, "a redirect loop")
		}
	}
	return nil
}

// classify returns why an answer is missing or incomplete.
func classify(ctx context.Context, err error, answered bool) error {
	if why, ok := errors.AsType[*failure.Error](err); ok {
		return why // without the URL of the request, which a redirect may have set
	}
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		// err may be about the connection that was closed because of the timeout.
		err = context.DeadlineExceeded
	}
	err = failure.FromTransport(err)
	if why, ok := errors.AsType[*failure.Error](err); ok {
		why.NoAnswer = !answered
	}
	return err
}

// boundedDial bounds the dial and the connection by ctx: the transport would let both outlive the request.
func boundedDial(ctx context.Context, dial httpclient.DialFunc) httpclient.DialFunc {
	if dial == nil {
		dial = (&net.Dialer{}).DialContext
	}
	return func(dialling context.Context, network, address string) (net.Conn, error) {
		dialling, cancel := context.WithCancel(dialling)
		defer cancel()
		defer context.AfterFunc(ctx, cancel)()
		conn, err := dial(dialling, network, address)
		if err == nil {
			context.AfterFunc(ctx, func() { _ = conn.Close() })
		}
		return conn, err
	}
}

// certificateRecorder collects the certificates of the servers.
type certificateRecorder struct {
	mu      sync.Mutex
	expires time.Time
}

func (p *certificateRecorder) record(chain []*x509.Certificate) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range chain {
		if p.expires.IsZero() || c.NotAfter.Before(p.expires) {
			p.expires = c.NotAfter
		}
	}
}

// firstExpiry returns the first expiry of the certificates.
func (p *certificateRecorder) firstExpiry() time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.expires
}
