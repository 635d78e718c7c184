// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package aurora

import (
	"net/url"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/config"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/failure"
)

// Reasons that only this collector uses.
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

// check is one request with the conditions on its answer.
type check struct {
	name, url, accept string
	serverName        string // name in the certificate, if it differs from the host of the URL
	judge             func(answer) error
}

// answer is an answer with any status.
type answer struct {
	status      int
	contentType string
	body        []byte
}

// dashboardChecks returns the checks that a working dashboard passes. They need no session, and the answers are
// the same for all users.
func dashboardChecks(a config.Aurora) []check {
	const json, html = "application/json", "text/html"
	return []check{
		{name: checkToken, url: joinPath(a.URL, "csrf-token"), accept: json, serverName: a.TLS.ServerName, judge: judgeToken},
		{name: checkSession, url: joinPath(a.URL, a.BFFPath, "auth.getCurrentUserSession"), accept: json, serverName: a.TLS.ServerName, judge: judgeSession},
		{name: checkPage, url: joinPath(a.URL, "/"), accept: html, serverName: a.TLS.ServerName, judge: judgePage},
	}
}

// keystoneChecks returns the checks of the Keystone on which the dashboard depends. Without a session, the
// dashboard does not contact Keystone, so the checks of the dashboard do not cover it.
func keystoneChecks(a config.Aurora) []check {
	return []check{{name: checkKeystone, url: a.KeystoneURL, accept: "application/json", judge: judgeKeystone}}
}

// joinPath appends a path to the URL of a dashboard, which may already have a path.
func joinPath(base string, path ...string) string {
	u, err := url.Parse(base)
	if err != nil { // impossible: the configuration was validated
		return base
	}
	return u.JoinPath(path...).String()
}
