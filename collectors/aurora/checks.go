// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package aurora

import (
	"net/url"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/config"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/failure"
)

// The reasons that only this collector has.
const (
	ReasonContent           failure.Reason = "content"
	ReasonRedirectLoop      failure.Reason = "redirect_loop"
	ReasonRedirectElsewhere failure.Reason = "redirect_elsewhere"
)

func reasons() []failure.Reason {
	return []failure.Reason{
		failure.ReasonTimeout, failure.ReasonTLS, failure.ReasonHTTP, failure.ReasonUnauthorized, failure.ReasonForbidden, failure.ReasonNotFound,
		failure.ReasonThrottled, failure.ReasonDecode,
		ReasonContent, ReasonRedirectLoop, ReasonRedirectElsewhere,
	}
}

// The checks, by name.
const (
	checkToken    = "csrf_token"
	checkSession  = "session"
	checkPage     = "page"
	checkKeystone = "keystone"
)

// check is one question, and what the answer has to be.
type check struct {
	name, url, accept string
	serverName        string // in the certificate, if it is not the host of the URL
	judge             func(answer) error
}

// answer is what came back, of whatever status.
type answer struct {
	status      int
	contentType string
	body        []byte
}

// dashboardChecks are passed by a working dashboard. None needs a session; the answers are the same
// for all users.
func dashboardChecks(a config.Aurora) []check {
	const json, html = "application/json", "text/html"
	return []check{
		{name: checkToken, url: joinPath(a.URL, "csrf-token"), accept: json, serverName: a.TLS.ServerName, judge: judgeToken},
		{name: checkSession, url: joinPath(a.URL, a.BFFPath, "auth.getCurrentUserSession"), accept: json, serverName: a.TLS.ServerName, judge: judgeSession},
		{name: checkPage, url: joinPath(a.URL, "/"), accept: html, serverName: a.TLS.ServerName, judge: judgePage},
	}
}

// keystoneChecks check the Keystone that the dashboard depends on. Without a session, the dashboard
// does not contact Keystone, so its own checks do not cover it.
func keystoneChecks(a config.Aurora) []check {
	return []check{{name: checkKeystone, url: a.KeystoneURL, accept: "application/json", judge: judgeKeystone}}
}

// joinPath is a path below the URL of a dashboard, which may have one, too.
func joinPath(base string, path ...string) string {
	u, err := url.Parse(base)
	if err != nil { // the configuration was checked
		return base
	}
	return u.JoinPath(path...).String()
}
