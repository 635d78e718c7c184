// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package testbed

import (
	"io"
	"net/http"
	"strings"
)

const (
	auroraJSON = "application/json; charset=utf-8"
	auroraHTML = "text/html; charset=utf-8"

	auroraPage = `<!doctype html>
<html lang="en">
  <head><meta charset="UTF-8" /><title>Aurora stand-in</title><script type="module" src="/assets/index.js"></script></head>
  <body><div id="app"></div></body>
</html>
`
)

// dashboard answers as Aurora's server does in production.
func (a *Aurora) dashboard(w http.ResponseWriter, r *http.Request) {
	switch a.currentFault() {
	case AuroraFallback:
		auroraAnswer(w, http.StatusOK, auroraHTML, auroraPage)
		return
	case AuroraBadGateway:
		auroraAnswer(w, http.StatusBadGateway, "text/html", "<html><head><title>502 Bad Gateway</title></head></html>\n")
		return
	case AuroraSlow:
		w.Header().Set("Content-Type", auroraJSON)
		_, _ = io.WriteString(w, "{")
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
		return
	case AuroraSilent:
		<-r.Context().Done()
		return
	case AuroraLogin:
		http.Redirect(w, r, "https://login.example.com/?rd=aurora", http.StatusFound)
		return
	case AuroraLoop:
		http.Redirect(w, r, r.URL.Path, http.StatusFound)
		return
	}
	procedure, api := strings.CutPrefix(r.URL.Path, "/polaris-bff/")
	switch {
	case r.Method != http.MethodGet:
		auroraAnswer(w, http.StatusForbidden, auroraJSON, `{"status":"FST_CSRF_MISSING_SECRET","message":"Missing csrf secret"}`)
	case r.URL.Path == "/csrf-token":
		http.SetCookie(w, &http.Cookie{Name: "aurora-csrf-protection", Value: "stand-in", Path: "/", HttpOnly: true, Secure: true, SameSite: http.SameSiteStrictMode})
		auroraAnswer(w, http.StatusOK, auroraJSON, `{"csrfToken":"stand-in"}`)
	case procedure == "auth.getCurrentUserSession", procedure == "auth.getCurrentScope":
		auroraAnswer(w, http.StatusOK, "application/json", `{"result":{"data":null}}`)
	case api:
		auroraAnswer(w, http.StatusNotFound, "application/json", `{"error":{"message":"No such procedure","code":-32004,"data":{"code":"NOT_FOUND","httpStatus":404}}}`)
	default: // /healthz and /metrics too
		auroraAnswer(w, http.StatusOK, auroraHTML, auroraPage)
	}
}

// keystone answers as Keystone does without a token.
func (a *Aurora) keystone(w http.ResponseWriter, r *http.Request) {
	const version = `{"id":"v3.14","status":"stable","updated":"2020-04-07T00:00:00Z","links":[],"media-types":[]}`
	switch {
	case a.currentFault() == AuroraKeystoneDown:
		auroraAnswer(w, http.StatusServiceUnavailable, "text/html", "<h1>Service Unavailable</h1>\n")
	case strings.TrimSuffix(r.URL.Path, "/") == "/v3":
		auroraAnswer(w, http.StatusOK, "application/json", `{"version":`+version+`}`)
	case r.URL.Path == "/":
		auroraAnswer(w, http.StatusMultipleChoices, "application/json", `{"versions":{"values":[`+version+`]}}`)
	default:
		auroraAnswer(w, http.StatusUnauthorized, "application/json", `{"error":{"code":401,"message":"The request you have made requires authentication.","title":"Unauthorized"}}`)
	}
}

func auroraAnswer(w http.ResponseWriter, status int, contentType, body string) {
	w.Header().Set("Content-Type", contentType)
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body)
}
