// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

// Package page serves the web pages: server-rendered HTML that works without scripts, and one small script that
// refreshes it. The pages are rendered from the reports that the API returns, so that both always agree.
package page

import (
	"bytes"
	"cmp"
	"context"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode"

	"github.com/cobaltcore-dev/cobaltcore-exporter/alerts"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/changes"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleetreport"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/health"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/health/render"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/objects"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/secretflow"
)

// Options has the data sources and settings of the pages.
type Options struct {
	// Ready reports whether the reports are complete. Until then, the status page is served in place of all
	// others.
	Ready   func() bool
	Report  func(context.Context) (health.Report, error)
	Objects func(objects.Query) objects.List
	// Object returns an object, or false if it does not exist or is not watched.
	Object  func(objects.Node) (objects.Detail, bool)
	Changes func(changes.Query) changes.List
	// Verdicts returns the verdicts on a system in a cluster during the last day, the oldest first.
	Verdicts   func(cluster, system string) []changes.VerdictSince
	SecretFlow func() secretflow.Report
	Clusters   func() fleetreport.Report
	// SilenceLink returns the URL of a form that silences the alerts with these labels; empty if none is
	// configured.
	SilenceLink func(alerts []map[string]string) string
	// Kinds are the kinds whose objects have pages.
	Kinds   []objects.Kind
	Version string
	// Pprof reports whether /debug/pprof/ is served.
	Pprof bool
	// Limit wraps a handler to limit how many pages are rendered concurrently.
	Limit func(http.Handler) http.Handler
}

//go:embed templates
var templates embed.FS

// contentSecurityPolicy allows a page its own style, script and icon, and nothing else.
const contentSecurityPolicy = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; " +
	"base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// site renders the pages.
type site struct {
	Options

	templates map[string]*template.Template
	assets    assets
}

// view has the data of one page. Content is specific to the page, the rest is used by the layout.
type view struct {
	Title string
	// At is the time of the data.
	At      stamp
	Partial bool
	Content any
}

// frame has the data of the layout: a view with the navigation around it.
type frame struct {
	view

	Root    string // relative path to /, because a proxy may add a prefix
	Reload  string // relative path to the page itself
	Nav     []link
	Links   []link
	Assets  map[string]string
	Version string
}

// link is a link to another page.
type link struct {
	Text, Href string
	Current    bool
}

// notFoundError is returned for a page that does not exist. If name is set, the response links to a search
// for it.
type notFoundError struct{ what, name string }

func (e notFoundError) Error() string { return e.what }

// messageView is the content of an error page. Name, if set, can be searched for.
type messageView struct{ Text, Name string }

// badRequestError is returned for an invalid parameter in the URL.
type badRequestError struct{ error }

// newSite parses the templates.
func newSite(o Options) (*site, error) {
	files, err := loadAssets()
	if err != nil {
		return nil, err
	}
	s := &site{Options: o, templates: map[string]*template.Template{}, assets: files}
	for _, name := range []string{"overview", "cluster", "system", "objects", "object", "changes", "secretflow", "status", "message"} {
		t, err := template.New(name).Funcs(template.FuncMap{"itemList": newItemList, "title": titleOf, "words": inWords}).
			ParseFS(templates, "templates/layout.html", "templates/parts.html", "templates/"+name+".html")
		if err != nil {
			return nil, err
		}
		s.templates[name] = t
	}
	return s, nil
}

// inWords returns an identifier of the API, such as not_ready, as words.
func inWords(s string) string { return strings.ReplaceAll(s, "_", " ") }

// titleOf returns the title of a system, such as cert-manager for certmanager.
func titleOf(system string) string {
	return cmp.Or(alerts.Describe(alerts.System(system)).Title, system)
}

// Register adds the pages to mux. It returns the handler of all other paths.
func Register(mux *http.ServeMux, o Options) (notFound http.Handler, _ error) {
	s, err := newSite(o)
	if err != nil {
		return nil, err
	}
	add := func(pattern, name string, build func(*http.Request) (view, error)) {
		mux.Handle("GET "+pattern, o.Limit(s.servePage(name, build)))
	}
	add("/{$}", "overview", s.overviewPage)
	add("/clusters/{name}", "cluster", s.clusterPage)
	add("/systems/{name}", "system", s.systemPage)
	add("/objects", "objects", s.objectsPage)
	add("/objects/{cluster}/{kind}/{namespace}/{name}", "object", s.objectPage)
	add("/changes", "changes", s.changesPage)
	add("/secretflow", "secretflow", s.flowPage)
	add("/status", "status", func(r *http.Request) (view, error) { return s.statusPage(r), nil })
	mux.Handle("GET /static/{file}", s.assets)
	return o.Limit(s.servePage("message", func(r *http.Request) (view, error) {
		return view{}, notFoundError{fmt.Sprintf("There is no page %q.", r.URL.Path), ""}
	})), nil
}

// servePage renders the view that build returns with the named template.
func (s *site) servePage(name string, build func(*http.Request) (view, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("Content-Type", "text/html; charset=utf-8")
		header.Set("Content-Security-Policy", contentSecurityPolicy)
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("Referrer-Policy", "no-referrer")
		header.Set("Cache-Control", "no-store")
		name, code := name, http.StatusOK
		var v view
		var err error
		if name != "status" && !s.Ready() {
			header.Set("Retry-After", "1")
			name, code, v = "status", http.StatusServiceUnavailable, s.waitingPage(r)
		} else if v, err = build(r); err != nil {
			name, code = "message", http.StatusInternalServerError
			message := messageView{Text: err.Error()}
			if missing := (notFoundError{}); errors.As(err, &missing) {
				code, message.Name = http.StatusNotFound, missing.name
			} else if bad := (badRequestError{}); errors.As(err, &bad) {
				code = http.StatusBadRequest
			}
			v = view{Title: http.StatusText(code), Content: message}
		}
		var text bytes.Buffer
		if err := s.templates[name].ExecuteTemplate(&text, "layout.html", s.frame(r, v)); err != nil {
			http.Error(w, fmt.Sprintf("page %s: %v", name, err), http.StatusInternalServerError)
			return
		}
		w.WriteHeader(code)
		_, _ = w.Write(bytes.Map(replaceUnprintable, text.Bytes()))
	})
}

// replaceUnprintable replaces control characters and characters that change the direction of text. HTML
// escaping does not remove them.
func replaceUnprintable(c rune) rune {
	if c != '\n' && !unicode.IsPrint(c) {
		return unicode.ReplacementChar
	}
	return c
}

// rootOf returns the relative path to / from a page.
func rootOf(r *http.Request) string {
	return cmp.Or(strings.Repeat("../", strings.Count(r.URL.EscapedPath(), "/")-1), "./")
}

// frame adds the links of the layout to a page. They are relative, because a proxy may serve the exporter
// below a path prefix.
func (s *site) frame(r *http.Request, v view) frame {
	root := rootOf(r)
	f := frame{view: v, Root: root, Reload: "?" + r.URL.Query().Encode(), Assets: map[string]string{}, Version: s.Version}
	for _, l := range []link{{Text: "Health"}, {Text: "Objects", Href: "objects"}, {Text: "Changes", Href: "changes"}, {Text: "Secret flow", Href: "secretflow"}, {Text: "Clusters and collectors", Href: "status"}} {
		l.Current = r.URL.Path == "/"+l.Href
		l.Href = root + l.Href
		f.Nav = append(f.Nav, l)
	}
	links := []link{
		{Text: "Metrics", Href: "metrics"}, {Text: "Health as JSON", Href: "api/v1/report"}, {Text: "Clusters as JSON", Href: "api/v1/clusters"},
		{Text: "Objects as JSON", Href: "api/v1/objects"}, {Text: "Changes as JSON", Href: "api/v1/changes"},
		{Text: "Secret flow as JSON", Href: "api/v1/secretflow"}, {Text: "OpenAPI", Href: "api/v1/openapi.json"},
		{Text: "Ready", Href: "-/ready"}, {Text: "Healthy", Href: "-/healthy"},
	}
	if s.Pprof {
		links = append(links, link{Text: "Profiles", Href: "debug/pprof/"})
	}
	for _, l := range links {
		l.Href = root + l.Href
		f.Links = append(f.Links, l)
	}
	for name, a := range s.assets {
		f.Assets[name] = root + "static/" + url.PathEscape(a.file) + "?v=" + a.hash
	}
	return f
}

// clusterHref and systemHref return the path of a page relative to /.
func clusterHref(name string) string { return "clusters/" + url.PathEscape(name) }
func systemHref(name string) string  { return "systems/" + url.PathEscape(name) }

// stamp is a time in readable and in ISO format. It is empty for the zero time.
type stamp struct{ Age, Time, ISO string }

func stampOf(t, now time.Time) stamp {
	if t.IsZero() {
		return stamp{}
	}
	t = t.UTC()
	return stamp{Age: render.Age(now.Sub(t)), Time: t.Format("2006-01-02 15:04:05 UTC"), ISO: t.Format(time.RFC3339)}
}

func stampOfPointer(t *time.Time, now time.Time) stamp {
	if t == nil {
		return stamp{}
	}
	return stampOf(*t, now)
}
