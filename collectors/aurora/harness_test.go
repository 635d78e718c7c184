// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package aurora

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/config"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/collectortest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// Answers of a working dashboard and Keystone, as observed in deployments.
const (
	tokenBody    = `{"csrfToken":"kQ3v-not-a-secret"}`
	sessionBody  = `{"result":{"data":null}}`
	pageBody     = `<!doctype html><html lang="en"><head><title>Aurora-Dashboard</title></head><body><div id="app"></div><script type="module" src="/assets/index.js"></script></body></html>`
	keystoneBody = `{"version":{"id":"v3.14","status":"stable","updated":"2020-04-07T00:00:00Z","links":[{"rel":"self","href":"http://keystone.test/v3/"}],"media-types":[]}}`
	versionsBody = `{"versions":{"values":[{"id":"v2.0","status":"deprecated"},{"id":"v3.14","status":"stable"}]}}`
)

// dashboard is a server that answers like Aurora and Keystone. The dialer of the site resolves aurora.test and
// keystone.test to it.
type dashboard struct {
	server *httptest.Server
	site   collectors.Site
	a      config.Aurora

	mu        sync.Mutex
	on        map[string]http.HandlerFunc // answers by path
	requested []*http.Request
}

// newDashboard starts a dashboard. prepare may change the server before the start. If it sets a TLS
// configuration, the server uses TLS.
func newDashboard(tb testing.TB, prepare func(*httptest.Server)) *dashboard {
	tb.Helper()
	d := &dashboard{on: map[string]http.HandlerFunc{
		"/csrf-token": func(w http.ResponseWriter, r *http.Request) {
			http.SetCookie(w, &http.Cookie{Name: "aurora-csrf-protection", Value: "x"})
			reply(http.StatusOK, "application/json; charset=utf-8", tokenBody)(w, r)
		},
		"/polaris-bff/auth.getCurrentUserSession": reply(http.StatusOK, "application/json", sessionBody),
		"/":   reply(http.StatusOK, "text/html; charset=utf-8", pageBody), // and everything else
		"/v3": reply(http.StatusOK, "application/json", keystoneBody),
	}}
	d.server = httptest.NewUnstartedServer(d)
	if prepare != nil {
		prepare(d.server)
	}
	scheme := "http"
	d.server.Config.ErrorLog = log.New(io.Discard, "", 0)
	if d.server.TLS != nil {
		scheme = "https"
		d.server.StartTLS()
	} else {
		d.server.Start()
	}
	tb.Cleanup(d.server.Close)
	d.a = config.Aurora{
		Name: "aurora", Cluster: "management", URL: scheme + "://aurora.test", BFFPath: "/polaris-bff", KeystoneURL: scheme + "://keystone.test/v3",
		Interval: config.Duration(30 * time.Second), Timeout: config.Duration(20 * time.Second),
	}
	d.site = newSite(tb)
	d.site.Dial = d.dial
	return d
}

func (d *dashboard) dial(ctx context.Context, network, address string) (net.Conn, error) {
	if host, _, _ := net.SplitHostPort(strings.ToLower(address)); host != "aurora.test" && host != "keystone.test" {
		return nil, fmt.Errorf("dial %s: %w", address, errors.ErrUnsupported)
	}
	return (&net.Dialer{}).DialContext(ctx, network, d.server.Listener.Addr().String())
}

func (d *dashboard) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	d.mu.Lock()
	d.requested = append(d.requested, r.Clone(context.WithoutCancel(r.Context())))
	handler, ok := d.on[r.URL.Path]
	if !ok {
		handler = d.on["/"] // as Aurora answers unknown paths
	}
	d.mu.Unlock()
	handler(w, r)
}

// set replaces the answer to a path.
func (d *dashboard) set(path string, h http.HandlerFunc) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.on[path] = h
}

// requests returns the requests so far.
func (d *dashboard) requests() []*http.Request {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.requested)
}

func reply(status int, contentType, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}
}

// start creates an instance whose rows are served.
func (d *dashboard) start() *instance { return start(d.a, d.site) }

func start(a config.Aurora, site collectors.Site) *instance {
	i := newInstance(a, site)
	site.Exposition.Swap(nil, i.Groups())
	return i
}

// newSite returns the site of the cluster management with a new exposition.
func newSite(tb testing.TB) collectors.Site {
	tb.Helper()
	return collectortest.Site(tb, time.Now, Families()...)
}

// rowSet has values by name and labels, without the labels that all rows of these tests share.
type rowSet map[string]string

func rowsOf(tb testing.TB, site collectors.Site) rowSet {
	tb.Helper()
	text := collectortest.Serve(tb, site.Exposition)
	collectortest.MustParse(tb, text)
	collectortest.Lint(tb, text)
	return collectortest.ShortRows(text, "cobaltcore_aurora_", `cluster="management",aurora="aurora"`)
}

func (r rowSet) want(tb testing.TB, want map[string]string) {
	tb.Helper()
	collectortest.Want(tb, r, want)
}

// with returns the labels of the rows of a family.
func (r rowSet) with(family string) []string {
	var found []string
	for row := range r {
		if labels, ok := strings.CutPrefix(row, family+"{"); ok || row == family {
			found = append(found, strings.TrimSuffix(labels, "}"))
		}
	}
	slices.Sort(found)
	return found
}

// number returns a time as the value of a row.
func number(t time.Time) string { return strconv.FormatInt(t.Unix(), 10) }
