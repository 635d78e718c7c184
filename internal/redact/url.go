// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

// Package redact removes what may be a secret from URLs and from the texts of errors.
package redact

import "strings"

// URL is a URL as it was written, with anything in it.
type URL string

// KeptText returns what a snapshot has of the URL.
func (u URL) KeptText() string { return u.Redacted() }

// Redacted returns the URL without user info, query and fragment: all three have held
// credentials. It reads text, not URLs: what url.Parse refuses is where a
// password is most likely to be in the wrong place.
func (u URL) Redacted() string {
	s := string(u)
	scheme, rest, ok := strings.Cut(s, "://")
	if ok = ok && !strings.ContainsAny(scheme, ":/?#@"); ok {
		scheme += "://"
	} else {
		scheme, rest = "", s
	}
	authority := before(rest, "/?#")
	at := strings.LastIndexByte(authority, '@')
	switch {
	case at < 0 && !hostPort(authority):
		at = strings.LastIndexByte(rest, '@') // a password with a slash or the like in it
	case !ok && (!strings.Contains(authority[:max(at, 0)], ":") || isDigest(authority[at+1:])):
		at = -1 // git@host:path, name:tag@sha256:…
	}
	return scheme + before(rest[at+1:], "?#")
}

// before is s up to the first of chars.
func before(s, chars string) string {
	if i := strings.IndexAny(s, chars); i >= 0 {
		return s[:i]
	}
	return s
}

// hostPort reports whether the text after the last colon can be a port.
func hostPort(s string) bool {
	i := strings.LastIndexByte(s, ':')
	return i < 0 || strings.HasSuffix(s, "]") || strings.Trim(s[i+1:], "0123456789") == ""
}

// isDigest distinguishes name:tag@sha256:… from user:password@host.
func isDigest(s string) bool {
	return strings.HasPrefix(s, "sha256:") || strings.HasPrefix(s, "sha512:")
}
