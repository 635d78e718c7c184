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

// The answers of a dashboard that works, and of Keystone, as the research saw them.
const (
	tokenBody    = `{"csrfToken":"kQ3v-not-a-secret"}`
	sessionBody  = `{"result":{"data":null}}`
	pageBody     = `<!doctype html><html lang="en"><head><title>Aurora-Dashboard</title></head><body><div id="app"></div><script type="module" src="/assets/index.js"></script></body></html>`
	keystoneBody = `{"version":{"id":"v3.14","status":"stable","updated":"2020-04-07T00:00:00Z","links":[{"rel":"self","href":"http://keystone.test/v3/"}],"media-types":[]}}`
	versionsBody = `{"versions":{"values":[{"id":"v2.0","status":"deprecated"},{"id":"v3.14","status":"stable"}]}}`
)

// dashboard is a server that answers as Aurora does, called aurora.test and
// keystone.test, which only the dialer of the site knows.
type dashboard struct {
	server *httptest.Server
	site   collectors.Site
	a      config.Aurora

	mu    sync.Mutex
	on    map[string]http.HandlerFunc // by path
	asked []*http.Request
}

// newDashboard starts one. prepare may change the server before it starts, which is
// with TLS if it has a configuration for that.
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
	d.asked = append(d.asked, r.Clone(context.WithoutCancel(r.Context())))
	handler, ok := d.on[r.URL.Path]
	if !ok {
		handler = d.on["/"] // what makes a status prove nothing
	}
	d.mu.Unlock()
	handler(w, r)
}

// set answers a path from now on.
func (d *dashboard) set(path string, h http.HandlerFunc) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.on[path] = h
}

// requests are those so far.
func (d *dashboard) requests() []*http.Request {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.asked)
}

func reply(status int, contentType, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}
}

// start makes an instance whose rows are served.
func (d *dashboard) start() *instance { return start(d.a, d.site) }

func start(a config.Aurora, site collectors.Site) *instance {
	i := newInstance(a, site)
	site.Exposition.Swap(nil, i.Groups())
	return i
}

// newSite is the cluster management with an exposition of its own.
func newSite(tb testing.TB) collectors.Site {
	tb.Helper()
	return collectortest.Site(tb, time.Now, Families()...)
}

// rowSet is values by name and labels, without what all rows of these tests share.
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

// with are the labels of the rows of a family.
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

// number is a time as a row shows it.
func number(t time.Time) string { return strconv.FormatInt(t.Unix(), 10) }
