// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package redact

import (
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// TestURLsLoseSecrets: every secret of the table is
// hunter2, whole or in halves.
func TestURLsLoseSecrets(t *testing.T) {
	for _, tc := range []struct{ name, in, want string }{
		{"empty", "", ""},
		{"plain", "https://github.com/example/fleet", "https://github.com/example/fleet"},
		{"plain with port and slash", "https://git.example.com:8443/fleet/", "https://git.example.com:8443/fleet/"},
		{"odd but harmless path", "https://host/a%2Fb/c d/@me", "https://host/a%2Fb/c d/@me"},
		{"oci", "oci://registry.example.com/example/charts", "oci://registry.example.com/example/charts"},
		{"IPv6", "https://[fd00::1]:8443/x", "https://[fd00::1]:8443/x"},

		{"user and password", "https://user:hunter2@host/x", "https://host/x"},
		{"token as user", "https://hunter2@github.com/x", "https://github.com/x"},
		{"password only", "https://:hunter2@host/x", "https://host/x"},
		{"password with an at", "https://user:hun@ter2@host/x", "https://host/x"},
		{"password with a colon", "https://user:hun:ter2@host/x", "https://host/x"},
		{"escaped password", "https://user:hunter2%2F%40@host/x", "https://host/x"},
		{"user info and port", "https://user:hunter2@host:8443", "https://host:8443"},
		{"user info and IPv6", "https://user:hunter2@[fd00::1]:8443/x", "https://[fd00::1]:8443/x"},

		{"query", "https://host/x?token=hunter2", "https://host/x"},
		{"query without path", "https://host?token=hunter2", "https://host"},
		{"empty query", "https://host/x?", "https://host/x"},
		{"fragment", "https://host/x#hunter2", "https://host/x"},
		{"escaped fragment", "https://host/x#hunter2%2F", "https://host/x"},
		{"everything", "https://user:hunter2@host:1/x?a=hunter2&b=hunter2#hunter2", "https://host:1/x"},
		{"URL in a query", "https://host/x?to=https://user:hunter2@other/", "https://host/x"},

		{"ssh", "ssh://git@github.com/example/fleet.git", "ssh://github.com/example/fleet.git"},
		{"ssh with password and port", "ssh://git:hunter2@git.example.com:2222/fleet.git", "ssh://git.example.com:2222/fleet.git"},
		{"scp-like", "git@github.com:example/fleet.git", "git@github.com:example/fleet.git"},

		{"bad escape in the password", "https://user:p%zzhunter2@host/x?token=hunter2", "https://host/x"},
		{"bad escape in the password and fragment", "https://user:p%zzhunter2@host/x#hunter2", "https://host/x"},
		{"bad escape in the path", "https://user:hunter2@host/%zz?hunter2", "https://host/%zz"},
		{"bad port", "https://user:hunter2@host:port/x?hunter2", "https://host:port/x"},
		{"control character", "https://user:hunter2@host/x\n?hunter2", "https://host/x\n"},
		{"space in the host", "https://user:hunter2@my host/x", "https://my host/x"},
		{"bad escape, no path", "https://user:p%zzhunter2@host", "https://host"},

		{"no scheme", "host/path", "host/path"},
		{"no scheme, port", "minio.example.com:9000", "minio.example.com:9000"},
		{"no scheme, user and password", "user:hunter2@host/path", "host/path"},
		{"no scheme, user, password and port", "user:hunter2@host:5000/path/x", "host:5000/path/x"},
		{"no scheme, a host like a digest", "user:hunter2@sha-1.example.com/x", "sha-1.example.com/x"},
		{"no scheme, no path", "user:hunter2@host", "host"},
		{"image", "registry.example.com/example/app:v1", "registry.example.com/example/app:v1"},
		{"image by digest", "registry.example.com/example/app@sha256:0123", "registry.example.com/example/app@sha256:0123"},
		{"image by tag and digest", "registry:5000/app:v1@sha256:0123", "registry:5000/app:v1@sha256:0123"},
		{"short image by tag and digest", "app:v1@sha256:0123", "app:v1@sha256:0123"},
		{"short image by digest", "app@sha256:0123", "app@sha256:0123"},
		{"an at in the path", "host/@scope/pkg", "host/@scope/pkg"},

		// These are what people really have: base64 in a password.
		{"password with a slash", "https://user:hun/ter2@host/x", "https://host/x"},
		{"password with a question mark", "https://user:hun?ter2@host/x", "https://host/x"},
		{"password with a hash", "https://user:hun#ter2@host/x", "https://host/x"},
		{"no scheme, password with an at", "user:hun@ter2@host/path", "host/path"},
		{"no scheme, password with a slash", "user:hun/ter2@host/path", "host/path"},
		{"no scheme, query", "host/path?token=hunter2", "host/path"},
		{"no scheme, URL in the path", "user:hunter2@host/https://other", "host/https://other"},
		{"no scheme, URL in the query", "user:hunter2@host/x?to=https://other", "host/x"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := URL(tc.in).Redacted()
			if got != tc.want {
				t.Errorf("%q = %q, want %q", tc.in, got, tc.want)
			}
			for _, secret := range []string{"hunter2", "hun", "ter2"} {
				if strings.Contains(tc.in, secret) && strings.Contains(got, secret) {
					t.Errorf("%q = %q leaks %q", tc.in, got, secret)
				}
			}
			if again := URL(got).Redacted(); again != got {
				t.Errorf("%q = %q, not the same again", got, again)
			}
		})
	}
}

var validScheme = regexp.MustCompile(`^[a-z][a-z0-9+.-]*$`)

// FuzzURL looks for a way in which a password survives.
func FuzzURL(f *testing.F) {
	f.Add("https", "user", "pässword", "host:8443", "/path", "token", "fragment")
	f.Add("ssh", "git", "p@ss:w0rd", "host", "", "", "")
	f.Add("oci", "", "%zz-not-an-escape", "[fd00::1]", "/%zz", "q=%zz", "%zz")
	f.Add("http", "user", "s3cret-s3cret", "host", "/x", "", "")
	f.Add("https", "a b", "s\x00cret\n", "h ost", "/", "?", "#")
	f.Fuzz(func(t *testing.T, scheme, user, password, host, path, query, fragment string) {
		if len(password) < 8 {
			return // too short to be distinguished from other text
		}
		const marker = "Zz9"
		password += marker
		if !validScheme.MatchString(scheme) || strings.Contains(host+path, marker) || strings.Contains(host+path, "@") {
			return
		}
		u := url.URL{Scheme: scheme, User: url.UserPassword(user, password), Host: host, Path: path, RawQuery: query + marker,
			Fragment: fragment + marker}
		inputs := []string{u.String()}
		if !strings.ContainsAny(user+password+host, "/?#") {
			// As people write it: nothing is escaped.
			inputs = append(inputs, scheme+"://"+user+":"+password+"@"+host+path+"?"+query+marker)
		}
		for _, in := range inputs {
			if got := URL(in).Redacted(); strings.Contains(got, marker) {
				t.Errorf("%q = %q leaks the end of a password, query or fragment", in, got)
			}
		}
		for _, in := range []string{scheme, user, password, host, path, query, fragment, user + "@" + host, user + ":" + password + "@" + host} {
			_ = URL(in).Redacted() // does not panic
		}
	})
}
