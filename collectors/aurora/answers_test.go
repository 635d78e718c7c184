// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package aurora

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/config"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/failure"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/httpclient"
)

const (
	tokenPath   = "/csrf-token"
	sessionPath = "/polaris-bff/auth.getCurrentUserSession"
)

var fallback = reply(http.StatusOK, "text/html; charset=utf-8", pageBody)

// trickle sends the header at once, and then a body without end.
func trickle(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write([]byte("{"))
	_ = http.NewResponseController(w).Flush()
	<-r.Context().Done()
}

func endless(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	for _, err := w.Write([]byte("{")); err == nil; _, err = w.Write([]byte(strings.Repeat(" ", 64<<10))) {
		continue
	}
}

func abort(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

func hang(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }

func redirect(to string, status int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, to, status) }
}

// TestAnswers replaces the correct answer of one check at a time and compares the rows.
func TestAnswers(t *testing.T) {
	const token, session, page, keystone = "csrf_token", "session", "page", "keystone"
	paths := map[string]string{token: tokenPath, session: sessionPath, page: "/", keystone: "/v3"}
	jsonChecks := []string{token, session, keystone}
	every := []string{token, session, page, keystone}
	const json, html = "application/json", "text/html"
	for name, tc := range map[string]struct {
		checks []string
		answer http.HandlerFunc
		reason failure.Reason // empty if the check succeeds
		status string         // status of the answer; empty without an answer
		brief  bool           // ended by a short timeout
	}{
		"the page in the place of JSON": {jsonChecks, fallback, ReasonContent, "200", false},
		"HTML with the type of JSON":    {jsonChecks, reply(200, json, pageBody), failure.ReasonDecode, "200", false},
		"JSON without a type":           {jsonChecks, reply(200, "", tokenBody), ReasonContent, "200", false},
		"a type that is none":           {jsonChecks, reply(200, "application/json/;;", tokenBody), ReasonContent, "200", false},
		"a parameter without a value":   {[]string{token}, reply(200, "application/json; charset", tokenBody), "", "200", false},
		"an upper-case type":            {[]string{token}, reply(200, "Application/JSON;Charset=UTF-8", tokenBody), "", "200", false},
		"no body":                       {jsonChecks, reply(200, json, ""), failure.ReasonDecode, "200", false},
		"null":                          {jsonChecks, reply(200, json, "null"), ReasonContent, "200", false},
		"an empty object":               {jsonChecks, reply(200, json, "{}"), ReasonContent, "200", false},
		"a list":                        {jsonChecks, reply(200, json, "[]"), failure.ReasonDecode, "200", false},
		"half of it":                    {jsonChecks, reply(200, json, tokenBody[:9]), failure.ReasonDecode, "200", false},
		"invalid UTF-8":                 {jsonChecks, reply(200, json, "{\"csrfToken\":\"\xff\",\"result\":{\"data\":null},\"version\":{\"id\":\"v3\"}}"), failure.ReasonDecode, "200", false},
		"slow trickle":                  {every, trickle, failure.ReasonTimeout, "200", true},
		"endless":                       {every, endless, failure.ReasonDecode, "200", false},
		"no answer in time":             {every, hang, failure.ReasonTimeout, "", true},
		"the connection is closed":      {every, abort, failure.ReasonHTTP, "", false},
		"502 of a proxy":                {every, reply(502, html, "<html><h1>502 Bad Gateway</h1></html>"), failure.ReasonHTTP, "502", false},
		"JSON with 500":                 {every, reply(500, json, tokenBody), failure.ReasonHTTP, "500", false},
		"204":                           {every, reply(204, json, ""), failure.ReasonHTTP, "204", false},
		"429":                           {every, reply(429, json, `{"statusCode":429}`), failure.ReasonThrottled, "429", false},
		"401":                           {every, reply(401, json, "{}"), failure.ReasonUnauthorized, "401", false},
		"403":                           {every, reply(403, html, "no"), failure.ReasonForbidden, "403", false},
		"404":                           {every, reply(404, json, `{"error":{"code":-32004}}`), failure.ReasonNotFound, "404", false},
		"a redirect to itself": {every, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, r.URL.Path, http.StatusFound) },
			ReasonRedirectLoop, "302", false},
		"redirects without an end": {every, func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, r.URL.Path+"?"+r.URL.RawQuery+"x", http.StatusTemporaryRedirect)
		}, ReasonRedirectLoop, "307", false},
		"a login page elsewhere":    {every, redirect("https://login.example.com/?back=aurora", 302), ReasonRedirectElsewhere, "302", false},
		"a redirect to no web page": {every, redirect("ftp://aurora.test/", 301), ReasonRedirectElsewhere, "301", false},
		"a redirect to nowhere":     {every, reply(302, html, ""), failure.ReasonHTTP, "302", false},
		"300":                       {[]string{token, session, page}, reply(300, json, versionsBody), failure.ReasonHTTP, "300", false},

		"an empty token":      {[]string{token}, reply(200, json, `{"csrfToken":""}`), ReasonContent, "200", false},
		"a token of a number": {[]string{token}, reply(200, json, `{"csrfToken":1}`), failure.ReasonDecode, "200", false},

		"no data":          {[]string{session}, reply(200, json, `{"result":{}}`), ReasonContent, "200", false},
		"an error":         {[]string{session}, reply(200, json, `{"error":{"message":"x"}}`), ReasonContent, "200", false},
		"result is text":   {[]string{session}, reply(200, json, `{"result":"data"}`), failure.ReasonDecode, "200", false},
		"a batch":          {[]string{session}, reply(200, json, "["+sessionBody+"]"), failure.ReasonDecode, "200", false},
		"data transformed": {[]string{session}, reply(200, json, `{"result":{"data":{"json":null}}}`), "", "200", false},

		"a page of another site": {[]string{page}, reply(200, html, "<html><body><h1>Maintenance</h1></body></html>"), ReasonContent, "200", false},
		"an empty page":          {[]string{page}, reply(200, html, ""), ReasonContent, "200", false},
		"JSON as the page":       {[]string{page}, reply(200, json, pageBody), ReasonContent, "200", false},
		"the root in a comment":  {[]string{page}, reply(200, html, `<!-- <div id="app"></div> -->`), ReasonContent, "200", false},
		"the root in a script":   {[]string{page}, reply(200, html, `<script>'<div id="app">'</script>`), ReasonContent, "200", false},
		"the root as root":       {[]string{page}, reply(200, "TEXT/HTML", "<DIV class=x ID=root></DIV>"), "", "200", false},
		"a page not in UTF-8":    {[]string{page}, reply(200, html, "\xff<div id='app'>"), "", "200", false},

		"list of versions":    {[]string{keystone}, reply(300, json, versionsBody), "", "300", false},
		"300 without a list":  {[]string{keystone}, reply(300, json, "{}"), ReasonContent, "300", false},
		"no version 3":        {[]string{keystone}, reply(300, json, `{"versions":{"values":[{"id":"v2.0"},{"id":"v30"}]}}`), ReasonContent, "300", false},
		"versions are a list": {[]string{keystone}, reply(300, json, `{"versions":[]}`), failure.ReasonDecode, "300", false},
		"version 3":           {[]string{keystone}, reply(200, json, `{"version":{"id":"v3"}}`), "", "200", false},
		"an id of a number":   {[]string{keystone}, reply(200, json, `{"version":{"id":3}}`), failure.ReasonDecode, "200", false},
	} {
		for _, check := range tc.checks {
			t.Run(name+"/"+check, func(t *testing.T) {
				t.Parallel()
				d := newDashboard(t, nil)
				if check == page { // the other checks must not receive this answer
					d.set("/", tc.answer)
				} else {
					d.set(paths[check], tc.answer)
				}
				if tc.brief {
					d.a.Timeout = config.Duration(time.Second)
				}
				i := d.start()
				i.runChecks(t.Context())
				good, whole := "1", "1"
				var failures []string
				if tc.reason != "" {
					good = "0"
					failures = []string{`check="` + check + `",reason="` + string(tc.reason) + `"`}
					if check != keystone {
						whole = "0"
					}
				}
				rows := rowsOf(t, d.site)
				want := map[string]string{
					"up":                                   whole,
					`check_success{check="` + check + `"}`: good,
					`http_status_code{check="` + check + `"}`:                     tc.status,
					`certificate_expiry_timestamp_seconds{check="` + check + `"}`: "",
					`request_duration_seconds_count{check="` + check + `"}`:       good,
				}
				for _, other := range every {
					if other != check {
						want[`check_success{check="`+other+`"}`] = "1"
					}
				}
				rows.want(t, want)
				if diff := cmp.Diff(failures, rows.with("check_failing")); diff != "" {
					t.Errorf("check_failing (-want +got):\n%s", diff)
				}
				if n := i.Errors()[string(tc.reason)]; n != uint64(len(failures)) {
					t.Errorf("%d errors are counted", n)
				}
			})
		}
	}
}

// TestRedirectsOnTheHostAreFollowed checks redirects such as one that adds a slash at the end.
func TestRedirectsOnTheHostAreFollowed(t *testing.T) {
	d := newDashboard(t, nil)
	d.set(tokenPath, redirect("/csrf-token/", 308))
	d.set("/csrf-token/", redirect("http://AURORA.test:8080/token", 302))
	d.set("/token", reply(200, "application/json", tokenBody))
	d.start().runChecks(t.Context())
	rowsOf(t, d.site).want(t, map[string]string{
		"up": "1", `redirects{check="csrf_token"}`: "2", `redirects{check="page"}`: "0", `http_status_code{check="csrf_token"}`: "200",
	})
}

// TestRequests checks that each request uses a new connection and is like the one of a browser without a
// session, and that no state is kept between them.
func TestRequests(t *testing.T) {
	d := newDashboard(t, nil)
	d.a.URL += "/ui"
	d.a.BFFPath = "/bff/v1"
	d.set("/ui/csrf-token", redirect("/csrf-token", 302))
	i := d.start()
	i.runChecks(t.Context())
	i.runChecks(t.Context())
	var got []string
	remote := map[string]bool{}
	for _, r := range d.requests() {
		got = append(got, r.Method+" "+r.Host+r.RequestURI+" "+r.Header.Get("Accept"))
		remote[r.RemoteAddr] = true
		if r.UserAgent() != httpclient.UserAgent || r.Header.Get("Cookie") != "" || r.Header.Get("Authorization") != "" {
			t.Errorf("headers of %s: %v", r.RequestURI, r.Header)
		}
	}
	slices.Sort(got)
	want := []string{
		"GET aurora.test/csrf-token application/json",
		"GET aurora.test/ui/ text/html",
		"GET aurora.test/ui/bff/v1/auth.getCurrentUserSession application/json",
		"GET aurora.test/ui/csrf-token application/json",
		"GET keystone.test/v3 application/json",
	}
	if diff := cmp.Diff(want, slices.Compact(got)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if len(remote) != 10 {
		t.Errorf("%d connections for 10 requests", len(remote))
	}
}
