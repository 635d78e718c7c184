// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package flux

import (
	"net/url"
	"strings"
)

// redactURL removes user info, query and fragment: all three have held
// credentials. Text that is no URL loses what stands before an @ in the part in
// front of the first slash.
func redactURL(s string) string {
	if s == "" {
		return ""
	}
	if !strings.Contains(s, "://") {
		host, path, _ := strings.Cut(s, "/")
		if user, rest, ok := strings.Cut(host, "@"); ok && strings.Contains(user, ":") && !strings.HasPrefix(rest, "sha256:") {
			host = rest
			s = strings.TrimSuffix(host+"/"+path, "/")
		}
		return s
	}
	u, err := url.Parse(s)
	if err != nil {
		return redactText(s)
	}
	if u.User == nil && u.RawQuery == "" && u.Fragment == "" && !u.ForceQuery {
		return s
	}
	u.User, u.RawQuery, u.Fragment, u.RawFragment, u.ForceQuery = nil, "", "", "", false
	return u.String()
}

// redactText serves what url.Parse refuses, such as a bad port or escape.
func redactText(s string) string {
	scheme, rest, _ := strings.Cut(s, "://")
	rest, _, _ = strings.Cut(rest, "?")
	rest, _, _ = strings.Cut(rest, "#")
	authority, path, slash := strings.Cut(rest, "/")
	if i := strings.LastIndexByte(authority, '@'); i >= 0 {
		authority = authority[i+1:]
	}
	if slash {
		authority += "/"
	}
	return scheme + "://" + authority + path
}
