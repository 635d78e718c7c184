// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package aurora

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/config"
)

const loginPage = `<!doctype html><html><head><title>Sign in</title></head>
<body><div id="root"><form action="/login"></form></div></body></html>`

// withHeader adds a header to an answer.
func withHeader(name, value string, h http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set(name, value)
		h(w, r)
	}
}

// TestPageFrontends has proxies and the like that answer in place of a dashboard and its Keystone in real deployments.
// No check may accept these answers.
func TestPageFrontends(t *testing.T) {
	const html = "text/html"
	for name, tc := range map[string]struct {
		answer http.HandlerFunc
		reason string // reason of all checks
		status string // empty without an answer
	}{
		"default backend of an ingress":  {reply(404, "text/plain; charset=utf-8", "default backend - 404"), "not_found", "404"},
		"bad gateway":                    {reply(502, html, "<html><center><h1>502 Bad Gateway</h1></center><hr>nginx</html>"), "http", "502"},
		"no endpoints":                   {reply(503, html, "<html><h1>503 Service Temporarily Unavailable</h1></html>"), "http", "503"},
		"gateway timeout":                {reply(504, html, "<html><h1>504 Gateway Time-out</h1></html>"), "http", "504"},
		"maintenance with Retry-After":   {withHeader("Retry-After", "3600", reply(503, html, "<h1>Back soon</h1>")), "http", "503"},
		"maintenance page as a success":  {reply(200, html, "<html><body><h1>Planned maintenance</h1></body></html>"), "content", "200"},
		"HTTP on the port of HTTPS":      {reply(400, html, "<h1>The plain HTTP request was sent to HTTPS port</h1>"), "http", "400"},
		"client certificate wanted":      {reply(400, html, "<h1>No required SSL certificate was sent</h1>"), "http", "400"},
		"login of the proxy, basic":      {withHeader("WWW-Authenticate", `Basic realm="aurora"`, reply(401, html, "<h1>401</h1>")), "unauthorized", "401"},
		"not an allowed address":         {reply(403, html, "<h1>403 Forbidden</h1>"), "forbidden", "403"},
		"too many requests":              {withHeader("Retry-After", "60", reply(429, html, "")), "throttled", "429"},
		"login at another host, 302":     {redirect("https://sso.example.com/auth?client_id=aurora&state=x", 302), "redirect_elsewhere", "302"},
		"login at another host, 303":     {redirect("http://sso.example.com/auth", 303), "redirect_elsewhere", "303"},
		"login at a sub-domain":          {redirect("http://login.aurora.test/", 307), "redirect_elsewhere", "307"},
		"redirect with user information": {redirect("http://aurora.test@evil.example.com/", 302), "redirect_elsewhere", "302"},
		"to HTTPS, which leads back": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://"+r.Host+r.URL.Path, http.StatusPermanentRedirect)
		}, "redirect_loop", "308"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDashboard(t, nil)
			d.set("/", tc.answer)
			for _, path := range []string{tokenPath, sessionPath, "/v3"} {
				d.set(path, tc.answer)
			}
			dialed := d.record()
			d.start().runChecks(t.Context())
			want := map[string]string{"up": "0"}
			for _, check := range []string{"csrf_token", "session", "page", "keystone"} {
				want[`check_success{check="`+check+`"}`] = "0"
				want[`check_failing{check="`+check+`",reason="`+tc.reason+`"}`] = "1"
				want[`http_status_code{check="`+check+`"}`] = tc.status
			}
			rowsOf(t, d.site).want(t, want)
			if diff := cmp.Diff([]string{"aurora.test:80", "keystone.test:80"}, dialed()); diff != "" {
				t.Errorf("connections to (-want +got):\n%s", diff)
			}
		})
	}
}

// record returns a function that returns the addresses dialed since the call of record.
func (d *dashboard) record() func() []string {
	var mu sync.Mutex
	addresses, dial := map[string]bool{}, d.site.Dial
	d.site.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
		mu.Lock()
		addresses[strings.ToLower(address)] = true
		mu.Unlock()
		return dial(ctx, network, address)
	}
	return func() []string {
		mu.Lock()
		defer mu.Unlock()
		return slices.Sorted(maps.Keys(addresses))
	}
}

// TestLoginOnTheHost has a proxy that redirects all requests to a login on the same host, whose page is also an
// application.
func TestLoginOnTheHost(t *testing.T) {
	d := newDashboard(t, nil)
	for _, path := range []string{"/", tokenPath, sessionPath, "/v3"} {
		d.set(path, redirect("/oauth2/sign_in", 302))
	}
	d.set("/oauth2/sign_in", reply(200, "text/html", loginPage))
	d.start().runChecks(t.Context())
	rowsOf(t, d.site).want(t, map[string]string{
		"up": "0", `check_failing{check="csrf_token",reason="content"}`: "1", `check_failing{check="session",reason="content"}`: "1",
		`check_failing{check="keystone",reason="content"}`: "1",
	})
}

// TestDeployments has working dashboards and Keystones in the ways they are deployed.
func TestDeployments(t *testing.T) {
	versions := reply(http.StatusMultipleChoices, "application/json", versionsBody)
	for name, change := range map[string]func(d *dashboard){
		"slow bodies": func(d *dashboard) {
			for path, body := range map[string]string{tokenPath: tokenBody, sessionPath: sessionBody, "/v3": keystoneBody} {
				d.set(path, respondSlowly("application/json", body))
			}
			d.set("/", respondSlowly("text/html", pageBody))
		},
		"Keystone without a version": func(d *dashboard) {
			d.a.KeystoneURL = "http://keystone.test"
			d.set("/", func(w http.ResponseWriter, r *http.Request) {
				if r.Host == "keystone.test" {
					versions(w, r)
					return
				}
				fallback(w, r)
			})
		},
		"Keystone below a path": func(d *dashboard) {
			d.a.KeystoneURL = "http://keystone.test/identity/v3"
			d.set("/identity/v3", reply(200, "application/json", keystoneBody))
		},
		"Keystone below a path, all versions": func(d *dashboard) {
			d.a.KeystoneURL = "http://keystone.test/identity"
			d.set("/identity", redirect("/identity/", 301))
			d.set("/identity/", withHeader("Location", "http://keystone.test/identity/v3/", versions))
		},
		"Keystone with a slash": func(d *dashboard) {
			d.set("/v3", redirect("/v3/", 308))
			d.set("/v3/", reply(200, "application/json", keystoneBody))
		},
		"dashboard below a path": func(d *dashboard) {
			d.a.URL = "http://aurora.test/ui"
			d.set("/ui"+tokenPath, reply(200, "application/json", tokenBody))
			d.set("/ui"+sessionPath, reply(200, "application/json", sessionBody))
			d.set("/ui/", fallback)
			d.set("/", reply(404, "text/plain", "default backend - 404"))
			d.set(tokenPath, reply(404, "text/plain", "default backend - 404"))
		},
		"HTTP/1.0": func(d *dashboard) {
			hijack := func(contentType, body string) http.HandlerFunc {
				return func(w http.ResponseWriter, _ *http.Request) {
					if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
						_, _ = conn.Write([]byte("HTTP/1.0 200 OK\r\nContent-Type: " + contentType + "\r\n\r\n" + body))
						_ = conn.Close()
					}
				}
			}
			d.set(tokenPath, hijack("application/json", tokenBody))
			d.set(sessionPath, hijack("application/json", sessionBody))
			d.set("/", hijack("text/html", pageBody))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDashboard(t, nil)
			change(d)
			d.wantUp(t)
		})
	}
}

// wantUp runs all checks and fails the test if one of them fails.
func (d *dashboard) wantUp(t *testing.T) *instance {
	t.Helper()
	i := d.start()
	i.runChecks(t.Context())
	rows := rowsOf(t, d.site)
	rows.want(t, map[string]string{"up": "1", `check_success{check="keystone"}`: "1"})
	if failing := rows.with("check_failing"); failing != nil {
		t.Error(failing)
	}
	return i
}

// respondSlowly sends an answer byte by byte.
func respondSlowly(contentType, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		for _, b := range []byte(body) {
			_, _ = w.Write([]byte{b})
			_ = http.NewResponseController(w).Flush()
			<-time.After(time.Millisecond)
		}
	}
}

// TestProtocols checks that HTTP/2 is used if a server offers it; some servers support nothing else.
func TestProtocols(t *testing.T) {
	speaks := func(name string) func(tls.ConnectionState) error {
		return func(s tls.ConnectionState) error {
			if s.NegotiatedProtocol != name {
				return errors.New("another protocol")
			}
			return nil
		}
	}
	for name, tc := range map[string]struct {
		protocols []string
		verify    func(tls.ConnectionState) error
		want      int
	}{
		"HTTP/2 only":   {[]string{"h2"}, speaks("h2"), 2},
		"HTTP/1.1 only": {[]string{"http/1.1"}, speaks("http/1.1"), 1},
		"both":          {[]string{"h2", "http/1.1"}, nil, 2},
		"without ALPN":  {nil, speaks(""), 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ca := newAuthority(t, years(5))
			d := newDashboard(t, func(s *httptest.Server) {
				s.TLS = &tls.Config{
					MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{ca.issue(t, years(1), "aurora.test", "keystone.test")},
					NextProtos: tc.protocols, VerifyConnection: tc.verify,
				}
				s.EnableHTTP2 = slices.Contains(tc.protocols, "h2")
				if tc.protocols == nil { // httptest adds one
					s.TLS.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) {
						return &tls.Config{MinVersion: tls.VersionTLS12, Certificates: s.TLS.Certificates, VerifyConnection: tc.verify}, nil
					}
				}
			})
			d.a.TLS.CAFile = t.TempDir() + "/ca.pem"
			write(t, d.a.TLS.CAFile, ca.pem)
			d.wantUp(t)
			for _, r := range d.requests() {
				if r.ProtoMajor != tc.want {
					t.Errorf("%s with %s", r.RequestURI, r.Proto)
				}
			}
		})
	}
}

// TestIPv6 checks a URL with an address in brackets, which the certificate contains as an IP address.
func TestIPv6(t *testing.T) {
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp6", "[::1]:0")
	if err != nil {
		t.Skipf("no IPv6: %v", err)
	}
	ca := newAuthority(t, years(5))
	for _, secure := range []bool{false, true} {
		d := newDashboard(t, func(s *httptest.Server) {
			if secure {
				s.TLS = &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{ca.issueAddress(t, years(1), net.IPv6loopback)}}
				return
			}
			_ = s.Listener.Close()
			s.Listener = listener
		})
		d.site.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
			if host, _, _ := net.SplitHostPort(address); host != "::1" {
				t.Errorf("dials %s", address)
			}
			return (&net.Dialer{}).DialContext(ctx, network, d.server.Listener.Addr().String())
		}
		host := "http://" + listener.Addr().String()
		if secure {
			host = "https://[::1]:8443"
			d.a.TLS.CAFile = t.TempDir() + "/ca.pem"
			write(t, d.a.TLS.CAFile, ca.pem)
		}
		d.a.URL, d.a.KeystoneURL = host, host+"/v3"
		d.set(sessionPath, redirect(host+"/session", 308)) // the same host, in brackets
		d.set("/session", reply(200, "application/json", sessionBody))
		d.wantUp(t)
	}
}

// TestToHTTPS checks a URL with http whose requests are redirected to https on the same host. A redirect to
// another host opens no connection and does not send the client certificate.
func TestToHTTPS(t *testing.T) {
	ca := newAuthority(t, years(5))
	asked := make(chan []*x509.Certificate, 100)
	secure := newDashboard(t, func(s *httptest.Server) {
		s.TLS = &tls.Config{
			MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{ca.issue(t, years(1), "aurora.test", "keystone.test")},
			ClientAuth: tls.RequestClientCert,
			VerifyConnection: func(s tls.ConnectionState) error {
				asked <- s.PeerCertificates
				return nil
			},
		}
	})
	d := newDashboard(t, nil)
	for _, path := range []string{"/", tokenPath, sessionPath, "/v3"} {
		d.set(path, func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "https://"+r.Host+r.URL.Path, http.StatusPermanentRedirect)
		})
	}
	dial := d.site.Dial
	d.site.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
		if strings.HasSuffix(address, ":443") {
			return secure.dial(ctx, network, address)
		}
		return dial(ctx, network, address)
	}
	dialed := d.record()
	dir := t.TempDir()
	d.a.TLS = config.TLS{CAFile: dir + "/ca.pem", CertFile: dir + "/tls.crt", KeyFile: dir + "/tls.key"}
	write(t, d.a.TLS.CAFile, ca.pem)
	writePair(t, ca.issue(t, years(1), "exporter"), d.a.TLS.CertFile, d.a.TLS.KeyFile)
	i := d.wantUp(t)
	for range 4 {
		if len(<-asked) == 0 {
			t.Error("no client certificate for the dashboard")
		}
	}
	secure.set("/", redirect("https://sso.example.com/", 302))
	i.runChecks(t.Context())
	rowsOf(t, d.site).want(t, map[string]string{
		"up": "0", `check_failing{check="page",reason="redirect_elsewhere"}`: "1", `redirects{check="page"}`: "1",
	})
	if diff := cmp.Diff([]string{"aurora.test:443", "aurora.test:80", "keystone.test:443", "keystone.test:80"}, dialed()); diff != "" {
		t.Errorf("connections to (-want +got):\n%s", diff)
	}
}
